package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enums "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/proto"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/hang"
	"github.com/latch-run/latch/plugin"
	"github.com/latch-run/latch/testsuite/receiver"
	"github.com/latch-run/latch/testsuite/server"
)

// orders is a workflow that knows nothing of Latch. It waits for the signal go, unless it is to
// fail, to wait for a child, or to go on as new first.
func orders(ctx workflow.Context, what string) (string, error) {
	state := "open"
	err := workflow.SetUpdateHandler(ctx, "rename", func(_ workflow.Context, name string) (string, error) {
		state = name
		return "renamed " + name, nil
	})
	if err != nil {
		return "", err
	}
	switch what {
	case "fail":
		return "", errors.New("no stock")
	case "again":
		return "", workflow.NewContinueAsNewError(ctx, "Order", "")
	case "parent":
		return "", workflow.ExecuteChildWorkflow(ctx, "Order", "fail").Get(ctx, nil)
	}
	var said string
	workflow.GetSignalChannel(ctx, "go").Receive(ctx, &said)
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
	err = workflow.ExecuteActivity(ctx, "charge").Get(ctx, nil)
	return state + " " + said, err
}

// A shop is a task queue with workers of a user's own, and the API.
type shop struct {
	*served
	worker worker.Worker
}

// shopOf returns a shop without a worker.
func shopOf(t *testing.T) *shop {
	t.Helper()
	b := &bench{T: t, ctx: hang.Context(t), queue: strings.ReplaceAll(t.Name(), "/", "-"), receiver: receiver.New(t)}
	return &shop{served: b.serve("LATCH_API_KEYS", apiKeys)}
}

// open starts a worker of the shop in place of the last one. The plugin is nil for a worker
// without Latch.
func (s *shop) open(latches *plugin.Plugin) {
	s.Helper()
	s.close()
	options := client.Options{HostPort: shared.server.FrontendHostPort, Logger: quiet()}
	if latches != nil {
		options.Plugins = []client.Plugin{latches}
	}
	c, err := client.Dial(server.Persistent(options))
	require.NoError(s, err)
	s.Cleanup(c.Close)
	s.worker = worker.New(c, s.queue, worker.Options{})
	s.worker.RegisterWorkflowWithOptions(orders, workflow.RegisterOptions{Name: "Order"})
	s.worker.RegisterActivityWithOptions(func(context.Context) error { return nil }, activity.RegisterOptions{Name: "charge"})
	require.NoError(s, s.worker.Start())
	s.Cleanup(s.close)
}

func (s *shop) close() {
	if s.worker != nil {
		s.worker.Stop()
		s.worker = nil
	}
}

// order starts a workflow, and has it go on.
func (s *shop) order(id, what string) client.WorkflowRun {
	s.Helper()
	run, err := shared.client.ExecuteWorkflow(s.ctx, client.StartWorkflowOptions{ID: id + "-" + s.queue, TaskQueue: s.queue}, "Order", what)
	require.NoError(s, err)
	return run
}

func (s *shop) goOn(run client.WorkflowRun) string {
	s.Helper()
	require.NoError(s, shared.client.SignalWorkflow(s.ctx, run.GetID(), "", "go", "on"))
	var result string
	require.NoError(s, shared.client.GetWorkflow(s.ctx, run.GetID(), "").Get(s.ctx, &result))
	return result
}

// lifecyclesOf is the plugin of a worker that fires the events around the types, if any.
func lifecyclesOf(types ...string) *plugin.Plugin {
	options := plugin.Options{EgressAllow: []string{"127.0.0.1"}, FQDN: "build.example.com"}
	for _, each := range types {
		options.Lifecycle = append(options.Lifecycle, plugin.Lifecycle{Types: each})
	}
	return plugin.New(options)
}

const audits = `{"url":"{R}/audit","events":[{"event":"JOB_START"},{"event":"JOB_COMPLETE"},{"event":"JOB_SUCCESS"},{"event":"JOB_FAILURE"}]}`

// eventTypes are the types of the events of a history, in order.
func eventTypes(events []*historypb.HistoryEvent) (types []string) {
	for _, event := range events {
		types = append(types, event.GetEventType().String())
	}
	return types
}

// Contract, "Lifecycle": a run to which nobody listens has the same history as without the
// plugin, and histories replay with and without it. One to which somebody listens replays in
// any worker with the plugin, and not in one without.
func TestLifecycleHistoriesReplayBothWays(t *testing.T) {
	t.Parallel()
	s := shopOf(t)
	histories := map[string]*historypb.History{}
	keep := func(name string, run client.WorkflowRun) []string {
		events := s.events(run)
		histories[name] = &historypb.History{Events: events}
		return eventTypes(events)
	}
	s.open(nil)
	plain := s.order("plain", "")
	s.reaches(plain, "WorkflowTaskCompleted", 1)
	s.goOn(plain)
	s.open(lifecyclesOf("Ord*"))
	unheard := s.order("unheard", "")
	s.reaches(unheard, "WorkflowTaskCompleted", 1)
	s.goOn(unheard)
	require.Equal(t, keep("without the plugin", plain), keep("nobody listens", unheard))

	s.register("audit", audits)
	heard := s.order("heard", "")
	s.goOn(heard)
	require.Contains(t, strings.Join(keep("somebody listens", heard), " "), "MarkerRecorded")
	require.Equal(t, map[string]int{"audit": 3}, s.came("/"))
	s.register("board", `{"events":[{"event":"JOB_START","blocking":true}]}`)
	held := s.order("held", "")
	s.removeLock(held, latch.LockRelease{Lock: s.awaitLock(held).Token, By: "ann", Result: "pass"})
	require.Equal(t, "open on", s.goOn(held))
	keep("held by a hook", held)

	l := &lane{bench: s.bench}
	l.keepHistory("lifecycle", histories["somebody listens"])
	l.keepHistory("lifecycle-held", histories["held by a hook"])

	for name, history := range histories {
		listened := name == "somebody listens" || name == "held by a hook"
		require.NoError(t, replayed(history, lifecyclesOf("*")), name)
		require.NoError(t, replayed(history, lifecyclesOf()), name)
		if err := replayed(history, nil); listened {
			require.ErrorContains(t, err, "TMPRL1100", name)
		} else {
			require.NoError(t, err, name)
		}
	}
}

// replayed replays an order's history in a worker with the plugin, or without one.
func replayed(history *historypb.History, latches *plugin.Plugin) error {
	var options worker.WorkflowReplayerOptions
	if latches != nil {
		options.Plugins = []worker.Plugin{latches}
	}
	replayer, err := worker.NewWorkflowReplayerWithOptions(options)
	if err != nil {
		return err
	}
	replayer.RegisterWorkflowWithOptions(orders, workflow.RegisterOptions{Name: "Order"})
	return replayer.ReplayWorkflowHistory(quiet(), proto.CloneOf(history))
}

// Contract, "Lifecycle": a run that begins without a listener has none to its end, and one that
// begins with one has it to its end, whichever workers carry it on.
func TestLifecycleOverWorkers(t *testing.T) {
	t.Parallel()
	s := shopOf(t)
	s.open(nil)
	before := s.order("before", "")
	s.reaches(before, "WorkflowTaskCompleted", 1)
	s.register("audit", audits)
	s.open(lifecyclesOf("Order"))
	require.Equal(t, "open on", s.goOn(before))
	require.Empty(t, s.came("/"))

	begun := s.order("begun", "")
	s.arrives("/audit", 1)
	s.reaches(begun, "WorkflowTaskCompleted", 1) // a worker that stops before leaves no trace of it in the history
	s.open(lifecyclesOf())
	require.Equal(t, "open on", s.goOn(begun))
	require.Equal(t, []string{"JOB_START", "JOB_COMPLETE", "JOB_SUCCESS"}, s.audited(begun.GetID()))

	unlistened := s.order("unlistened", "")
	require.Equal(t, "open on", s.goOn(unlistened))
	require.Empty(t, s.audited(unlistened.GetID()))
}

// reaches waits until the history has so many events of a type.
func (s *shop) reaches(run client.WorkflowRun, kind string, n int) {
	s.Helper()
	require.Eventually(s, func() bool { return strings.Count(strings.Join(eventTypes(s.events(run)), " "), kind) >= n }, patience, tick)
}

// audited returns the events that were told about a workflow, in the order in which they fire.
func (s *shop) audited(workflowID string) (events []string) {
	s.Helper()
	for _, request := range s.receiver.Requests("/audit") {
		var told struct {
			Event string
			Job   struct{ ID string }
		}
		require.NoError(s, json.Unmarshal(request.Body, &told))
		if told.Job.ID == workflowID {
			events = append(events, told.Event)
		}
	}
	order := []string{latch.EventJobStart, latch.EventJobComplete, latch.EventJobSuccess, latch.EventJobFailure}
	slices.SortFunc(events, func(a, b string) int { return slices.Index(order, a) - slices.Index(order, b) }) // they go out side by side
	return events
}

// Contract, "Lifecycle": a failure, a child, a chain and an update with the start, by a worker
// whose plugin only the worker has, too.
func TestLifecycleOnAServer(t *testing.T) {
	t.Parallel()
	s := shopOf(t)
	s.open(lifecyclesOf("Order"))
	s.register("audit", audits)
	failed := s.order("failed", "fail")
	var application *temporal.ApplicationError
	require.ErrorAs(t, failed.Get(s.ctx, nil), &application)
	require.Equal(t, "no stock", application.Message())
	require.Equal(t, []string{"JOB_START", "JOB_COMPLETE", "JOB_FAILURE"}, s.audited(failed.GetID()))

	parent := s.order("parent", "parent")
	require.ErrorContains(t, parent.Get(s.ctx, nil), "no stock")
	require.Len(t, s.audited(parent.GetID()), 3)
	require.Equal(t, map[string]int{"audit": 9}, s.came("/"))

	chain := s.order("chain", "again")
	s.reaches(chain, "WorkflowExecutionContinuedAsNew", 1)
	require.Equal(t, "open on", s.goOn(chain))
	require.Equal(t, []string{"JOB_START", "JOB_COMPLETE", "JOB_SUCCESS"}, s.audited(chain.GetID()))

	begins := shared.client.NewWithStartWorkflowOperation(client.StartWorkflowOptions{ID: "with-" + s.queue, TaskQueue: s.queue,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_FAIL}, "Order", "")
	handle, err := shared.client.UpdateWithStartWorkflow(s.ctx, client.UpdateWithStartWorkflowOptions{StartWorkflowOperation: begins,
		UpdateOptions: client.UpdateWorkflowOptions{UpdateName: "rename", Args: []any{"mine"}, WaitForStage: client.WorkflowUpdateStageCompleted}})
	require.NoError(t, err)
	var answer string
	require.NoError(t, handle.Get(s.ctx, &answer))
	require.Equal(t, "renamed mine", answer)
	begun, err := begins.Get(s.ctx)
	require.NoError(t, err)
	require.Equal(t, "mine on", s.goOn(begun))

	s.close()
	s.worker = worker.New(shared.client, s.queue, worker.Options{Plugins: []worker.Plugin{lifecyclesOf("Order")}})
	s.worker.RegisterWorkflowWithOptions(orders, workflow.RegisterOptions{Name: "Order"})
	s.worker.RegisterActivityWithOptions(func(context.Context) error { return nil }, activity.RegisterOptions{Name: "charge"})
	require.NoError(t, s.worker.Start())
	alone := s.order("alone", "")
	require.Equal(t, "open on", s.goOn(alone))
	require.Len(t, s.audited(alone.GetID()), 3)
}

// Contract, "Lifecycle": a workflow with a dead receiver continues as new at once, and its next run
// takes the signals. What had not been sent is handed over, and sent once.
func TestLifecycleLeavesAtOnce(t *testing.T) {
	t.Parallel()
	s := shopOf(t)
	s.open(lifecyclesOf("Order"))
	s.register("dead", `{"url":"http://127.0.0.1:1/","events":[{"event":"JOB_START"}]}`)
	s.register("durable", `{"url":"{R}/durable","path":"durable","retry":{"maximum_attempts":1},"events":[{"event":"JOB_SUCCESS"}]}`)
	chain := s.order("chain", "again")
	s.reaches(chain, "WorkflowExecutionContinuedAsNew", 1)
	types := strings.Join(eventTypes(s.events(chain)), " ")
	require.NotContains(t, types, "TimerStarted")
	require.Contains(t, types, "StartChildWorkflowExecutionInitiated")
	(&lane{bench: s.bench}).keepOnce("lifecycle-left-at-once", &historypb.History{Events: s.events(chain)})
	require.Equal(t, "open on", s.goOn(chain))
	s.arrives("/durable", 1)
	require.Equal(t, map[string]int{"durable": 1}, s.came("/"))
}

// A person answers for a workflow that knows nothing of Latch as for any run, through the API.
func TestLifecycleLockThroughTheAPI(t *testing.T) {
	t.Parallel()
	s := shopOf(t)
	s.open(lifecyclesOf("Order"))
	s.register("board", `{"events":[{"event":"JOB_START","blocking":true}],"enforced":true}`)
	s.register("audit", audits)
	refused := s.order("refused", "")
	token := s.awaitLock(refused).Token
	s.as("lock-key-0123456789", "POST", lockPath(token)+"/release", `{"result":"fail","reason":"frozen"}`).read(t, 200, nil)
	var application *temporal.ApplicationError
	require.ErrorAs(t, refused.Get(s.ctx, nil), &application)
	require.Equal(t, latch.ErrorJobFailed, application.Type())
	require.Contains(t, application.Message(), "held back at JOB_START by webhook board")
	require.Contains(t, application.Message(), "frozen")
	require.Equal(t, []string{"JOB_START", "JOB_COMPLETE", "JOB_FAILURE"}, s.audited(refused.GetID()))
}
