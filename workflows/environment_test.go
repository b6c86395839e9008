package workflows_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/hang"
	"github.com/latch-run/latch/plugin"
	"github.com/latch-run/latch/workflows"
)

// A bench is a test environment with the plugin, and a receiver.
type bench struct {
	*testing.T
	env *testsuite.TestWorkflowEnvironment
	url string

	mutex    sync.Mutex
	requests []string
	notices  []string
	sent     []string // the body of each request
	answers  map[string]string
	handlers map[string]http.HandlerFunc
}

func setup(t *testing.T, interceptors ...interceptor.WorkerInterceptor) *bench {
	t.Helper()
	return setupWith(t, plugin.Options{}, interceptors...)
}

// setupWith is setup with a plugin that has the options and may call loopback.
func setupWith(t *testing.T, options plugin.Options, interceptors ...interceptor.WorkerInterceptor) *bench {
	t.Helper()
	options.EgressAllow = []string{"127.0.0.1"}
	b := newBench(t)
	for _, lifecycle := range options.Lifecycle {
		b.resolve(lifecycle.Webhooks)
	}
	b.env.SetWorkerOptions(worker.Options{Interceptors: interceptors, Plugins: []worker.Plugin{plugin.New(options)}})
	return b
}

// newBench returns a bench whose environment has no worker options yet.
func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{T: t, answers: map[string]string{}, handlers: map[string]http.HandlerFunc{}}
	server := httptest.NewServer(http.HandlerFunc(b.serve))
	t.Cleanup(server.Close)
	b.url = server.URL
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(quiet())
	b.env = suite.NewTestWorkflowEnvironment()
	b.env.SetTestTimeout(hang.Limit)
	return b
}

// resolve replaces $R in the URLs of webhooks.
func (b *bench) resolve(webhooks []latch.Webhook) {
	for i := range webhooks {
		webhooks[i].URL = strings.ReplaceAll(webhooks[i].URL, "$R", b.url)
	}
}

func (b *bench) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	event := r.URL.Path
	var sent struct {
		Event string
		Data  struct{ Count int }
	}
	if json.Unmarshal(body, &sent) == nil && sent.Event != "" {
		event = sent.Event
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if sent.Data.Count > 0 {
		b.notices = append(b.notices, fmt.Sprintf("%s %d", sent.Event, sent.Data.Count))
	}
	b.requests, b.sent = append(b.requests, event), append(b.sent, string(body))
	if handler := b.handlers[r.URL.Path]; handler != nil {
		handler(w, r)
		return
	}
	if answer, ok := b.answers[r.URL.Path]; ok {
		if answer == "" {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, answer)
	}
}

func (b *bench) received() []string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return append([]string{}, b.requests...)
}

// bodies returns the joined bodies of the requests of an event.
func (b *bench) bodies(event string) string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	all := ""
	for i, each := range b.requests {
		if each == event {
			all += b.sent[i]
		}
	}
	return all
}

// run executes a workflow with JSON in which $R is the receiver.
func (b *bench) run(workflow, input string) error {
	b.env.ExecuteWorkflow(workflow, json.RawMessage(strings.ReplaceAll(input, "$R", b.url)))
	require.True(b, b.env.IsWorkflowCompleted())
	return b.env.GetWorkflowError()
}

func (b *bench) result(into any) {
	b.Helper()
	require.NoError(b, b.env.GetWorkflowResult(into))
}

// Contract, "Order", in the test environment: JOB_START before the work, the final events
// concurrently.
func TestJobRunInTestEnvironment(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.NoError(t, b.run(latch.WorkflowJobRun, `{"id":"j","delay":"2h","task":{"http":{"url":"$R/do","method":"GET"}},"webhooks":[
		{"id":"w","url":"$R/w","events":[{"event":"JOB_START"},{"event":"JOB_COMPLETE"},{"event":"JOB_SUCCESS"},{"event":"JOB_FAILURE"}]}]}`))
	var result latch.JobResult
	b.result(&result)
	require.Equal(t, latch.JobSucceeded, result.Status)
	require.Len(t, result.History, 3)
	require.ElementsMatch(t, []string{"JOB_START", "/do", "JOB_COMPLETE", "JOB_SUCCESS"}, b.received())
}

// Contract, "How long a run stays open": a dead receiver never prevents a job from closing, in
// the test environment too.
func TestJobRunClosesWithDeadReceiver(t *testing.T) {
	t.Parallel()
	b := setupWith(t, plugin.Options{APIURL: "https://latch.example.com/"})
	b.answers["/dead"] = ""
	var handed struct {
		Page string `json:"page"`
	}
	b.env.SetOnChildWorkflowStartedListener(func(_ *workflow.Info, _ workflow.Context, arguments converter.EncodedValues) {
		require.NoError(t, arguments.Get(&handed))
	})
	require.NoError(t, b.run(latch.WorkflowJobRun, `{"id":"j","task":{"http":{"url":"$R/do"}},
		"webhooks":[{"id":"dead","url":"$R/dead","event":"JOB_SUCCESS"}]}`))
	var result latch.JobResult
	b.result(&result)
	require.Equal(t, latch.JobSucceeded, result.Status)
	record := result.History[0]
	require.Equal(t, latch.ResultPending, record.Result)
	require.NotEmpty(t, record.HandedTo)
	require.Equal(t, "https://latch.example.com/console/deliveries/"+record.DeliveryID+
		"?run_id="+record.RunID+"&workflow_id="+record.WorkflowID, handed.Page,
		"what carries it on names its page")
}

// Contract, "Job": timeout counts from the work's start to its end.
func TestJobRunTimesOutOnSkippedTime(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.answers["/do"] = ""
	err := b.run(latch.WorkflowJobRun, `{"id":"j","timeout":"1h","task":{"http":{"url":"$R/do","retry":{"initial_interval":"10m"}}}}`)
	var application *temporal.ApplicationError
	require.ErrorAs(t, err, &application)
	require.Equal(t, latch.ErrorJobFailed, application.Type())
	var result latch.JobResult
	require.NoError(t, application.Details(&result))
	require.Equal(t, latch.JobTimedOut, result.Status)
}

// Contract, "Job": timeout counts from the work's start to its end, without the wait for locks.
func TestJobTimeoutLeavesOutTheWaitForLocks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.NoError(t, b.run(latch.WorkflowJobRun, `{"id":"j","timeout":"1h","task":{"http":{"url":"$R/do"}},
		"webhooks":[{"id":"gate","events":[{"event":"JOB_START","blocking":true,"lock_timeout":"2h","on_timeout":"continue"}]}]}`))
	var result latch.JobResult
	b.result(&result)
	require.Equal(t, latch.JobSucceeded, result.Status)
	require.Equal(t, latch.ViaTimeout, result.History[0].Lock.Via)
	require.Equal(t, latch.Continue, result.History[0].Decision)
}

// Contract, "Blocking and locks", "Decisions", with skipped time: lock_timeout, answer_timeout,
// and a removal that comes before them.
func TestReleaseInTestEnvironment(t *testing.T) {
	t.Parallel()
	const steps = `"steps":[{"name":"a","do":{"http":{"url":"$R/do"}},"undo":{"http":{"url":"$R/undo"}}}]`
	for _, test := range []struct {
		name, hook, answer string
		remove             bool
		after              time.Duration
		status             string
		received           []string
	}{
		{name: "a lock times out", hook: `{"event":"AFTER_STEP","blocking":true,"lock_timeout":"72h","on_timeout":"rollback"}`, answer: `{}`,
			after: 72 * time.Hour, status: latch.ReleaseRolledBack, received: []string{"/do", "AFTER_STEP", "/undo"}},
		{name: "a lock is removed in time",
			hook: `{"event":"AFTER_STEP","blocking":true,"lock_timeout":"72h","on_timeout":"rollback"}`, answer: `{}`,
			remove: true, after: 24 * time.Hour, status: latch.ReleaseReleased, received: []string{"/do", "AFTER_STEP"}},
		{name: "no answer within answer_timeout", hook: `{"event":"BEFORE_RELEASE","answer_timeout":"90s","on_error":"stop"}`, answer: "",
			after: 90 * time.Second, status: latch.ReleaseStopped},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.answers["/gate"] = test.answer
			if test.remove {
				b.env.RegisterDelayedCallback(func() {
					var status latch.Status
					value, err := b.env.QueryWorkflow(latch.QueryStatus)
					require.NoError(t, err)
					require.NoError(t, value.Get(&status))
					require.Len(t, status.Locks, 1)
					b.env.SignalWorkflow(latch.MessageReleaseLock, latch.LockRelease{Lock: status.Locks[0].Token})
				}, test.after)
			}
			began := b.env.Now()
			require.NoError(t, b.run(latch.WorkflowRelease,
				`{"id":"r",`+steps+`,"webhooks":[{"id":"gate","url":"$R/gate","events":[`+test.hook+`]}]}`))
			var result latch.ReleaseResult
			b.result(&result)
			require.Equal(t, test.status, result.Status)
			require.GreaterOrEqual(t, b.env.Now().Sub(began), test.after)
			if test.received != nil {
				require.Equal(t, test.received, b.received())
			}
		})
	}
}

// Contract, "Task": an undo without its own retry has at most 5 attempts.
func TestReleaseUndoIsTriedFiveTimes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.answers["/undo"] = ""
	err := b.run(latch.WorkflowRelease, `{"id":"r","steps":[{"name":"a","do":{"http":{"url":"$R/do"}},"undo":{"http":{"url":"$R/undo"}}},
		{"name":"b","do":{"command":{"argv":["true"]}}}]}`)
	var application *temporal.ApplicationError
	require.ErrorAs(t, err, &application)
	require.Equal(t, latch.ErrorRollbackIncomplete, application.Type())
	require.Contains(t, application.Message(), "not undone: a")
	require.Equal(t, []string{"/do", "/undo", "/undo", "/undo", "/undo", "/undo"}, b.received())
}

// Contract, "Emission".
func TestEmitInTestEnvironment(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.NoError(t, b.run(latch.WorkflowEmit, `{"event":"DEPLOYED","webhooks":[{"id":"w","url":"$R/w","event":"DEPLOYED"},
		{"id":"person","events":[{"event":"DEPLOYED","blocking":true,"lock_timeout":"5h"}]}]}`))
	var result latch.EmissionResult
	b.result(&result)
	require.Equal(t, []string{"DEPLOYED"}, b.received())
	require.Len(t, result.History, 2)
	require.Equal(t, latch.ViaTimeout, result.History[1].Lock.Via)
	require.Equal(t, latch.Stop, result.History[1].Decision, "a stop only shows in the record")
}

// Contract, "Names": inputs are accepted raw, and a wrong one is InvalidSpec with all its
// problems.
func TestInvalidSpecInTestEnvironment(t *testing.T) {
	t.Parallel()
	for workflow, input := range map[string]string{
		latch.WorkflowJobRun:  `{"id":"a:b","tasks":{},"timeout":"soon"}`,
		latch.WorkflowRelease: `[1,2]`,
		latch.WorkflowEmit:    `{"event":"JOB_START","extra":1}`,
		latch.WorkflowDeliver: `{"send":{}}`,
	} {
		t.Run(workflow, func(t *testing.T) {
			t.Parallel()
			var application *temporal.ApplicationError
			require.True(t, errors.As(setup(t).run(workflow, input), &application))
			require.Equal(t, latch.ErrorInvalidSpec, application.Type())
			require.True(t, application.NonRetryable())
		})
	}
}

// The documentation of workflows.Gate: it works in test environments with the plugin, and says
// what is missing without it.
func TestGateInTestEnvironment(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.env.RegisterWorkflow(gates)
	b.env.RegisterDelayedCallback(func() {
		var status latch.Status
		value, err := b.env.QueryWorkflow(latch.QueryStatus)
		require.NoError(t, err)
		require.NoError(t, value.Get(&status))
		b.env.SignalWorkflow(latch.MessageReleaseLock, map[string]any{"lock": status.Locks[0].Token, "by": "ann"})
	}, time.Hour)
	emission := latch.Emission{Event: "APPROVED",
		Webhooks: []latch.Webhook{{ID: "gate", URL: b.url, Events: []latch.Event{{Event: "APPROVED", Blocking: true}}}}}
	b.env.ExecuteWorkflow(gates, []latch.Emission{emission})
	require.NoError(t, b.env.GetWorkflowError())
	var results []workflows.GateResult
	b.result(&results)
	require.Equal(t, latch.Continue, results[0].Decision)
	require.Equal(t, "ann", results[0].History[0].Lock.RemovedBy)

	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(quiet())
	bare := suite.NewTestWorkflowEnvironment()
	bare.ExecuteWorkflow(gates, []latch.Emission{emission})
	require.ErrorContains(t, bare.GetWorkflowError(), "plugin")
}

// Contract, "Decisions": a lock that a stop or another hook closes leaves a skipped record with
// the reason, whether its webhook was delivered, is still being retried, or has no address.
func TestLockThatIsPassedOverIsSkipped(t *testing.T) {
	t.Parallel()
	const hooks = `{"id":"person","events":[{"event":"AFTER_STEP","blocking":true}]},
		{"id":"told","url":"$R/told","events":[{"event":"AFTER_STEP","blocking":true}]},
		{"id":"dead","url":"$R/dead","events":[{"event":"AFTER_STEP","blocking":true}]}`
	const steps = `"steps":[{"name":"a","do":{"http":{"url":"$R/do"}},"undo":{"http":{"url":"$R/undo"}}}]`
	for name, test := range map[string]struct {
		more, reason string
		stop         bool
	}{
		"a stop": {"", "skipped: stopped by ann: enough", true},
		"another hook's rollback": {
			`,{"id":"other","url":"$R/other","events":[{"event":"AFTER_STEP","rollback_release":"true"}]}`,
			"skipped: the event was decided: rollback", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.answers["/dead"] = ""
			b.answers["/told"] = `{"result":"fail"}`
			if test.stop {
				b.env.RegisterDelayedCallback(func() {
					b.env.SignalWorkflow(latch.MessageStop, latch.Control{By: "ann", Reason: "enough"})
				}, time.Minute)
			}
			require.NoError(t, b.run(latch.WorkflowRelease, `{"id":"r",`+steps+`,"webhooks":[`+hooks+test.more+`]}`))
			var result latch.ReleaseResult
			b.result(&result)
			for _, record := range result.History[:3] {
				require.Equal(t, latch.ResultSkipped, record.Result, record.Webhook)
				require.Equal(t, test.reason, record.Error, record.Webhook)
				require.Empty(t, record.Decision, record.Webhook)
				require.Equal(t, latch.ViaOverride, record.Lock.Via, record.Webhook)
			}
		})
	}
}

// A step that a release ends without reaching is skipped, in its result and for the webhooks
// that listen to its end. status names a step only at that step's events.
func TestStepsThatAreNeverReached(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		stopAt string
		steps  []string
	}{
		"before the first": {latch.EventBeforeRelease, []string{latch.StepSkipped, latch.StepSkipped}},
		"after the first":  {latch.EventAfterStep, []string{latch.StepDone, latch.StepSkipped}},
		"at the end":       {latch.EventBeforeReleaseComplete, []string{latch.StepDone, latch.StepDone}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.answers["/do"] = `{}`
			var at latch.Status
			b.env.RegisterDelayedCallback(func() {
				value, err := b.env.QueryWorkflow(latch.QueryStatus)
				require.NoError(t, err)
				require.NoError(t, value.Get(&at))
				b.env.SignalWorkflow(latch.MessageStop, nil)
			}, time.Minute)
			require.NoError(t, b.run(latch.WorkflowRelease, `{"id":"r",
				"steps":[{"name":"a","do":{"http":{"url":"$R/do"}}},{"name":"b","do":{"http":{"url":"$R/do"}}}],
				"webhooks":[
					{"id":"hold","events":[{"event":"`+test.stopAt+`","blocking":true}]},
					{"id":"told","url":"$R/told","event":"RELEASE_STOPPED",
						"body":{"event":"b is ${release.steps[1].status}"}}]}`))
			require.Contains(t, b.received(), "b is "+test.steps[1])
			require.Equal(t, test.stopAt, at.Event)
			require.Equal(t, map[string]string{latch.EventAfterStep: "a"}[test.stopAt], at.Step)
			var result latch.ReleaseResult
			b.result(&result)
			var steps []string
			for _, step := range result.Steps {
				steps = append(steps, step.Status)
			}
			require.Equal(t, test.steps, steps)
		})
	}
}

// The error of a job in a sequence appears once, however deeply the job is nested.
func TestSequenceSaysItsErrorOnce(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ jobs, says string }{
		"one level": {`{"id":"two","task":{"command":{"argv":["x"]}}}`, "job all failed: job two: "},
		"three levels": {`{"id":"inner",
			"jobs":[{"id":"innermost","jobs":[{"id":"two",
				"task":{"command":{"argv":["x"]}}}]}]}`, "job all failed: job inner: job innermost: job two: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			err := b.run(latch.WorkflowJobRun, `{"id":"all","jobs":[`+test.jobs+`]}`)
			var application *temporal.ApplicationError
			require.ErrorAs(t, err, &application)
			require.Equal(t, test.says, application.Message()[:len(test.says)])
			require.Equal(t, 1, strings.Count(application.Message(), "LATCH_ALLOW_COMMANDS"), application.Message())
			require.Equal(t, 1, strings.Count(application.Message(), "failed"), application.Message())
		})
	}
}

// noticesTold lists the received events of runs that did not take place, each with the number
// of runs it is about.
func (b *bench) noticesTold() []string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return append([]string{}, b.notices...)
}
