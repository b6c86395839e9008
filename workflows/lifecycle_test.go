package workflows_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/activities"
	"github.com/latch-run/latch/internal/delivery"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rehearsal"
	"github.com/latch-run/latch/plugin"
	"github.com/latch-run/latch/workflows"
)

// An order is the input of a workflow that knows nothing of Latch. Fail, Wait, Again and Signals
// say what it does.
type order struct {
	ID      string
	Amount  int
	Fail    string
	Wait    time.Duration
	Again   bool
	Signals []string
	Gate    bool
	Renames bool
	AtOnce  bool
}

// orders is a workflow that knows nothing of Latch, except that it passes a gate on demand. It
// returns the order's id and the signals that it received.
func orders(ctx workflow.Context, given order) (map[string]any, error) {
	if err := workflow.SetQueryHandler(ctx, latch.QueryStatus, func() (string, error) { return "my own", nil }); err != nil {
		return nil, err
	}
	err := workflow.SetUpdateHandler(ctx, "rename", func(_ workflow.Context, name string) error {
		given.ID = name
		return nil
	})
	if err != nil || given.AtOnce {
		return nil, err
	}
	if given.Wait > 0 {
		if err := workflow.Sleep(ctx, given.Wait); err != nil {
			return nil, err
		}
	}
	received := []string{}
	for _, name := range given.Signals {
		var value string
		workflow.GetSignalChannel(ctx, name).Receive(ctx, &value)
		received = append(received, name+" "+value)
	}
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
	if err := workflow.ExecuteActivity(ctx, "charge", given.Amount).Get(ctx, nil); err != nil {
		return nil, err
	}
	if given.Gate {
		if _, err := workflows.Gate(ctx, latch.Emission{Event: "CHARGED"}); err != nil {
			return nil, err
		}
	}
	switch {
	case given.Again:
		return nil, workflow.NewContinueAsNewError(ctx, "Order", given)
	case given.Fail != "":
		return nil, temporal.NewNonRetryableApplicationError(given.Fail, "OrderFailed", nil)
	}
	return map[string]any{"id": given.ID, "received": received}, nil
}

// lifecycleBench is a bench whose worker fires the events around orders.
func lifecycleBench(t *testing.T, lifecycle string, interceptors ...interceptor.WorkerInterceptor) *bench {
	t.Helper()
	var lifecycles []plugin.Lifecycle
	require.NoError(t, json.Unmarshal([]byte(lifecycle), &lifecycles))
	b := setupWith(t, plugin.Options{Lifecycle: lifecycles}, interceptors...)
	b.env.RegisterWorkflowWithOptions(orders, workflow.RegisterOptions{Name: "Order"})
	b.env.RegisterActivityWithOptions(func(int) error { return b.post("/charge") }, activity.RegisterOptions{Name: "charge"})
	return b
}

// certain is what is found out of who listens, with certainty.
type certain protocol.Listening

func (a certain) Selects(workflowType string) bool { return workflowType == "Order" }

func (a certain) Listen(protocol.ListenRequest) protocol.Listening { return protocol.Listening(a) }

// certainBench is a bench whose worker knows from the start who listens: to a run that begins
// with it, as nothing may hold it.
func certainBench(t *testing.T, lifecycle string, listening protocol.Listening, interceptors ...interceptor.WorkerInterceptor) *bench {
	t.Helper()
	var lifecycles []activities.Lifecycle
	require.NoError(t, json.Unmarshal([]byte(lifecycle), &lifecycles))
	b := newBench(t)
	for _, each := range lifecycles {
		b.resolve(each.Webhooks)
	}
	sender, err := delivery.New(delivery.Options{EgressAllow: []string{"127.0.0.1"}})
	require.NoError(t, err)
	b.env.SetWorkerOptions(worker.Options{Interceptors: append(interceptors, &workflows.Interceptor{Listeners: certain(listening)})})
	workflows.Register(b.env)
	activities.New(activities.Options{Sender: sender, Lifecycle: lifecycles}).Register(b.env)
	b.env.RegisterWorkflowWithOptions(orders, workflow.RegisterOptions{Name: "Order"})
	b.env.RegisterActivityWithOptions(func(int) error { return b.post("/charge") }, activity.RegisterOptions{Name: "charge"})
	return b
}

// Contract, "Lifecycle": a run that nothing may hold begins at once, and its own updates are
// answered from its first moment.
func TestLifecycleBeginsAtOnceWhereNothingHoldsIt(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		lifecycle string
		order     order
		events    []string
		fails     string
	}{
		"success":                     {tellOfOrders, order{Renames: true}, []string{"JOB_START", "/charge", "JOB_COMPLETE", "JOB_SUCCESS"}, ""},
		"failure":                     {tellOfOrders, order{Fail: "no stock"}, []string{"JOB_START", "/charge", "JOB_COMPLETE", "JOB_FAILURE"}, "no stock"},
		"at once":                     {tellOfOrders, order{AtOnce: true}, []string{"JOB_START", "JOB_COMPLETE", "JOB_SUCCESS"}, ""},
		"a gate registered meanwhile": {holdsOrders, order{}, []string{"JOB_START", "/charge", "JOB_COMPLETE", "JOB_SUCCESS"}, ""},
		"around a gate of its own":    {tellOfOrders, order{Gate: true}, []string{"JOB_START", "/charge", "JOB_COMPLETE", "JOB_SUCCESS"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := certainBench(t, test.lifecycle, protocol.Listening{Listens: true})
			if test.order.Renames {
				b.env.RegisterDelayedCallback(func() { b.env.UpdateWorkflowNoRejection("rename", "", t, "mine") }, 0)
			}
			b.env.ExecuteWorkflow("Order", test.order)
			require.ElementsMatch(t, test.events, b.received())
			if test.fails != "" {
				require.ErrorContains(t, b.env.GetWorkflowError(), test.fails)
				return
			}
			require.NoError(t, b.env.GetWorkflowError())
		})
	}
	t.Run("nobody listens", func(t *testing.T) {
		t.Parallel()
		b := certainBench(t, tellOfOrders, protocol.Listening{})
		b.env.ExecuteWorkflow("Order", order{})
		require.NoError(t, b.env.GetWorkflowError())
		require.Equal(t, []string{"/charge"}, b.received())
	})
}

// A heavy argument counts how often it is encoded.
type heavy struct{ encoded *atomic.Int32 }

func (h heavy) MarshalJSON() ([]byte, error) {
	if h.encoded != nil {
		h.encoded.Add(1)
	}
	return []byte(`{}`), nil
}

// The arguments of a workflow are encoded only if somebody may listen to its type.
func TestArgumentsAreEncodedOnlyForListeners(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		listeners workflows.Listeners
		workflow  string
		encoded   int32
	}{
		"without a lifecycle": {nil, "Order", 0},
		"of another type":     {certain{}, "Other", 0},
		"of a selected type":  {certain{}, "Order", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var encoded atomic.Int32
			counting := &heavyArguments{encoded: &encoded}
			b := newBench(t)
			b.env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{counting,
				&workflows.Interceptor{Listeners: test.listeners}}})
			b.env.RegisterWorkflowWithOptions(func(workflow.Context, heavy) error { return nil },
				workflow.RegisterOptions{Name: test.workflow})
			b.env.ExecuteWorkflow(test.workflow, heavy{})
			require.NoError(t, b.env.GetWorkflowError())
			require.Equal(t, test.encoded, encoded.Load())
		})
	}
}

// heavyArguments makes the arguments of workflows count.
type heavyArguments struct {
	interceptor.WorkerInterceptorBase
	encoded *atomic.Int32
}

func (h *heavyArguments) InterceptWorkflow(_ workflow.Context,
	next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	return &heavyInbound{interceptor.WorkflowInboundInterceptorBase{Next: next}, h.encoded}
}

type heavyInbound struct {
	interceptor.WorkflowInboundInterceptorBase
	encoded *atomic.Int32
}

func (h *heavyInbound) ExecuteWorkflow(ctx workflow.Context, in *interceptor.ExecuteWorkflowInput) (any, error) {
	in.Args = []any{heavy{h.encoded}}
	return h.Next.ExecuteWorkflow(ctx, in)
}

// post calls the receiver.
func (b *bench) post(path string) error {
	answer, err := http.Post(b.url+path, "application/json", strings.NewReader("{}"))
	if err == nil {
		err = answer.Body.Close()
	}
	return err
}

const (
	everything   = `"events":[{"event":"JOB_START"},{"event":"JOB_COMPLETE"},{"event":"JOB_SUCCESS"},{"event":"JOB_FAILURE"}]`
	tellOfOrders = `[{"Types":"Ord*","Webhooks":[{"id":"w","url":"$R/w",` + everything + `}]}]`
	holdsOrders  = `[{"Types":"Order","Webhooks":[{"id":"w","url":"$R/w",` + everything + `},
		{"id":"board","events":[{"event":"JOB_START","blocking":true,"lock_timeout":"2h"}]}]}]`
)

// Contract, "Lifecycle": the events around a run, by how it ends, by its type and by `when`.
func TestLifecycle(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		lifecycle string
		order     order
		cancel    bool
		events    []string
		fails     string
	}{
		"success":       {tellOfOrders, order{ID: "7"}, false, []string{"JOB_START", "/charge", "JOB_COMPLETE", "JOB_SUCCESS"}, ""},
		"failure":       {tellOfOrders, order{Fail: "no stock"}, false, []string{"JOB_START", "/charge", "JOB_COMPLETE", "JOB_FAILURE"}, "no stock"},
		"cancelled":     {tellOfOrders, order{Wait: time.Hour}, true, []string{"JOB_START", "JOB_COMPLETE", "JOB_FAILURE"}, "canceled"},
		"goes on":       {tellOfOrders, order{Again: true}, false, []string{"JOB_START", "/charge"}, "continue as new"},
		"another type":  {`[{"Types":"Orders"},{"Types":"rder"}]`, order{}, false, []string{"/charge"}, ""},
		"when is true":  {`[{"Types":"*","When":"vars.input.Amount > 5 && job.type == 'Order'","Webhooks":[{"id":"w","url":"$R/w","event":"JOB_START"}]}]`, order{Amount: 6}, false, []string{"JOB_START", "/charge"}, ""},
		"when is false": {`[{"Types":"*","When":"vars.input.Amount > 5","Webhooks":[{"id":"w","url":"$R/w","event":"JOB_START"}]}]`, order{Amount: 5}, false, []string{"/charge"}, ""},
		"when fails at a gate": {`[{"Types":"*","When":"vars.input.absent > 5","Webhooks":[{"id":"w","url":"$R/w","events":[{"event":"JOB_START","blocking":true,"on_error":"stop"}]}]}]`,
			order{}, false, []string{}, "held back at JOB_START by webhook w"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := lifecycleBench(t, test.lifecycle)
			if test.cancel {
				b.env.RegisterDelayedCallback(b.env.CancelWorkflow, time.Minute)
			}
			b.env.ExecuteWorkflow("Order", test.order)
			require.ElementsMatch(t, test.events, b.received())
			if test.fails == "" {
				require.NoError(t, b.env.GetWorkflowError())
				return
			}
			require.ErrorContains(t, b.env.GetWorkflowError(), test.fails)
		})
	}
}

// Contract, "Lifecycle": the variables of a run that is not a job of Latch's. What the workflow
// was given and returned is in templates, but not in the default body.
func TestLifecycleVariables(t *testing.T) {
	t.Parallel()
	b := lifecycleBench(t, `[{"Types":"Order","Webhooks":[
		{"id":"plain","url":"$R/plain","events":[{"event":"JOB_SUCCESS"}]},
		{"id":"own","url":"$R/own","body":{"job":"${job}","vars":"${vars}"},"events":[{"event":"JOB_COMPLETE"}]}]}]`)
	b.env.ExecuteWorkflow("Order", order{ID: "secret-7", Amount: 3})
	require.NoError(t, b.env.GetWorkflowError())
	require.NotContains(t, b.bodies("JOB_SUCCESS"), "secret-7")
	require.Contains(t, b.bodies("JOB_SUCCESS"), `"name":"Order"`)
	own := b.bodies("/own")
	for _, part := range []string{`"type":"Order"`, `"task_queue":"default-test-taskqueue"`, `"attempt":1`, `"id":"default-test-workflow-id"`,
		`"returncode":0`, `"result":{"id":"secret-7"`, `"input":{`, `"args":[{`, `"Amount":3`} {
		require.Contains(t, own, part)
	}
}

// The arguments of a dynamic workflow are in the variables as those of any other.
func TestLifecycleVariablesOfADynamicWorkflow(t *testing.T) {
	t.Parallel()
	b := lifecycleBench(t, `[{"Types":"Any*","Webhooks":[{"id":"own","url":"$R/own","body":{"vars":"${vars}"},"events":[{"event":"JOB_START"}]}]}]`)
	b.env.RegisterDynamicWorkflow(func(_ workflow.Context, given converter.EncodedValues) (string, error) {
		var first string
		var second int
		err := given.Get(&first, &second)
		return fmt.Sprint(first, second), err
	}, workflow.DynamicRegisterOptions{})
	b.env.ExecuteWorkflow("AnyThing", "seven", 7)
	require.NoError(t, b.env.GetWorkflowError())
	var result string
	b.result(&result)
	require.Equal(t, "seven7", result)
	require.JSONEq(t, `{"vars":{"input":"seven","args":["seven",7]}}`, b.bodies("/own"))
}

// Contract, "Lifecycle": a hook that blocks holds the workflow until its lock is removed, by an
// update or a signal. Signals of the workflow's own with such names wait for it.
func TestLifecycleHolds(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		result, fails string
		cancel        bool
		bySignal      bool
	}{
		"passes":         {"pass", "", false, false},
		"by a signal":    {"pass", "", false, true},
		"held back":      {"fail", "workflow Order held back at JOB_START by webhook board", false, false},
		"not in time":    {"", "not removed within 2h", false, false},
		"cancelled":      {"", "canceled", true, false},
		"held by signal": {"fail", "held back at JOB_START", false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := lifecycleBench(t, holdsOrders)
			b.env.RegisterDelayedCallback(func() {
				require.NotContains(t, b.received(), "/charge", "the workflow has not begun")
				b.env.SignalWorkflow(latch.MessageReleaseLock, "mine")
				b.env.SignalWorkflow(latch.MessageStop, "mine too")
				lock := b.status().Locks[0].Token
				argument := map[string]string{"lock": lock, "result": test.result, "by": "ann"}
				switch {
				case test.cancel:
					b.env.CancelWorkflow()
				case test.result == "":
				case test.bySignal:
					b.env.SignalWorkflow(latch.MessageReleaseLock, argument)
				default:
					b.env.UpdateWorkflowNoRejection(latch.MessageReleaseLock, "", t, argument)
				}
			}, time.Minute)
			b.env.ExecuteWorkflow("Order", order{Signals: []string{latch.MessageReleaseLock, latch.MessageStop}})
			if test.fails != "" {
				require.ErrorContains(t, b.env.GetWorkflowError(), test.fails)
				require.ElementsMatch(t, []string{"JOB_START", "JOB_COMPLETE", "JOB_FAILURE"}, b.received())
				var application *temporal.ApplicationError
				require.Equal(t, !test.cancel, errors.As(b.env.GetWorkflowError(), &application) && application.Type() == latch.ErrorJobFailed)
				return
			}
			require.NoError(t, b.env.GetWorkflowError())
			var result struct{ Received []string }
			b.result(&result)
			require.Equal(t, []string{"release_lock mine", "stop mine too"}, result.Received)
			require.ElementsMatch(t, []string{"JOB_START", "/charge", "JOB_COMPLETE", "JOB_SUCCESS"}, b.received())
			value, err := b.env.QueryWorkflow(latch.QueryStatus)
			require.NoError(t, err)
			var own string
			require.NoError(t, value.Get(&own))
			require.Equal(t, "my own", own)
		})
	}
}

// Contract, "Lifecycle": a run does not stay open for a dead receiver, since it no longer takes its
// signals.
func TestLifecycleLeavesAtOnce(t *testing.T) {
	t.Parallel()
	for name, given := range map[string]order{"ends": {}, "goes on": {Again: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := lifecycleBench(t, `[{"Types":"Order","Webhooks":[{"id":"dead","url":"$R/dead","events":[{"event":"JOB_START"},{"event":"JOB_COMPLETE"}]}]}]`)
			b.answers["/dead"] = ""
			var timers []time.Duration
			b.env.SetOnTimerScheduledListener(func(_ string, duration time.Duration) { timers = append(timers, duration) })
			var handed []string
			b.env.SetOnChildWorkflowStartedListener(func(_ *workflow.Info, _ workflow.Context, arguments converter.EncodedValues) {
				var delivery protocol.Delivery
				require.NoError(t, arguments.Get(&delivery))
				handed = append(handed, delivery.Send.Record.Event)
			})
			b.env.ExecuteWorkflow("Order", given)
			require.NotContains(t, timers, 2*time.Second, "it does not wait for answers")
			require.NotContains(t, timers, 10*time.Second, "nor for retries")
			if given.Again {
				require.True(t, workflow.IsContinueAsNewError(b.env.GetWorkflowError()))
				require.Equal(t, []string{"JOB_START"}, handed)
				return
			}
			require.NoError(t, b.env.GetWorkflowError())
			require.ElementsMatch(t, []string{"JOB_START", "JOB_COMPLETE"}, handed)
		})
	}
}

// Contract, "Refused runs": a run with a hook with which none can begin fails before its work, and
// nobody is told. One that has begun goes on.
func TestLifecycleRefused(t *testing.T) {
	t.Parallel()
	const lifecycle = `[{"Types":"Order","Webhooks":[{"id":"w","url":"$R/w",` + everything + `},
		{"id":"board","events":[{"event":"JOB_START","blocking":true,"approvals":[{"users":["ann"]}]}]}]}]`
	refused := func(t *testing.T, b *bench) {
		t.Helper()
		b.env.ExecuteWorkflow("Order", order{})
		var application *temporal.ApplicationError
		require.ErrorAs(t, b.env.GetWorkflowError(), &application)
		require.Equal(t, latch.ErrorInvalidSpec, application.Type())
		require.True(t, application.NonRetryable())
		require.ErrorContains(t, application, `webhook "board"`)
		require.ErrorContains(t, application, "LATCH_LINK_KEY")
		require.Empty(t, b.received())
	}
	t.Run("held", func(t *testing.T) {
		t.Parallel()
		refused(t, lifecycleBench(t, lifecycle))
	})
	t.Run("as is known", func(t *testing.T) {
		t.Parallel()
		refused(t, certainBench(t, lifecycle, protocol.Listening{Listens: true, Holds: true}))
	})
	t.Run("begun", func(t *testing.T) {
		t.Parallel()
		b := certainBench(t, lifecycle, protocol.Listening{Listens: true})
		b.env.ExecuteWorkflow("Order", order{})
		require.NoError(t, b.env.GetWorkflowError())
		require.ElementsMatch(t, []string{"JOB_START", "/charge", "JOB_COMPLETE", "JOB_SUCCESS"}, b.received())
	})
}

// inWorld makes admission find registered webhooks.
func inWorld(webhooks ...latch.RegisteredWebhook) interceptor.WorkerInterceptor {
	return around(protocol.ActivityAdmit, func(ctx context.Context, admit func(context.Context) (any, error)) (any, error) {
		return admit(rehearsal.In(ctx, &rehearsal.World{Webhooks: webhooks}))
	})
}

// Contract, "Lifecycle": a run that was selected as it began has the gates that are registered,
// whatever the options of the worker that admits it.
func TestLifecycleOnAWorkerThatSelectsNothing(t *testing.T) {
	t.Parallel()
	b := certainBench(t, `[]`, protocol.Listening{Listens: true, Holds: true},
		inWorld(latch.RegisteredWebhook{Webhook: latch.Webhook{ID: "board",
			Events: []latch.Event{{Event: latch.EventJobStart, Blocking: true}}}}))
	b.env.RegisterDelayedCallback(func() {
		require.NotContains(t, b.received(), "/charge", "the workflow has not begun")
		b.env.SignalWorkflow(latch.MessageReleaseLock, map[string]string{"lock": b.status().Locks[0].Token, "result": "fail", "by": "ann"})
	}, time.Minute)
	b.env.ExecuteWorkflow("Order", order{})
	require.ErrorContains(t, b.env.GetWorkflowError(), "held back at JOB_START by webhook board")
}

// A webhook of a lifecycle with the id of an enforced one is refused, as a run's own is: it would
// be left out.
func TestLifecycleWithAnEnforcedId(t *testing.T) {
	t.Parallel()
	b := lifecycleBench(t, tellOfOrders, inWorld(latch.RegisteredWebhook{Enforced: true, Webhook: latch.Webhook{ID: "w",
		URL: "https://board.invalid/", Events: []latch.Event{{Event: latch.EventJobStart}}}}))
	b.env.ExecuteWorkflow("Order", order{})
	var application *temporal.ApplicationError
	require.ErrorAs(t, b.env.GetWorkflowError(), &application)
	require.Equal(t, latch.ErrorInvalidSpec, application.Type())
	require.ErrorContains(t, application, `Lifecycle.Webhooks[0].id: "w" is the id of an enforced registered webhook`)
	require.Empty(t, b.received())
}

// A workflow that has a lifecycle and passes a gate of its own has one history, with a delivery
// id each.
func TestLifecycleAroundAGate(t *testing.T) {
	t.Parallel()
	b := lifecycleBench(t, tellOfOrders)
	b.env.ExecuteWorkflow("Order", order{Gate: true})
	require.NoError(t, b.env.GetWorkflowError())
	value, err := b.env.QueryWorkflow(latch.QueryHistory)
	require.NoError(t, err)
	var records []latch.Record
	require.NoError(t, value.Get(&records))
	require.Len(t, records, 3)
	ids := map[string]bool{}
	for _, record := range records {
		require.Equal(t, "default-test-workflow-id", record.Job)
		ids[record.DeliveryID] = true
	}
	require.Len(t, ids, 3)
}
