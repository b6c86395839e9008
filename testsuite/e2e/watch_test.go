package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"golang.org/x/sync/errgroup"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/registry"
	"github.com/latch-run/latch/testsuite/receiver"
)

var manyCloses = flag.Int("closes", 200, "how many workflows TestEveryCloseIsTold and TestEveryCloseIsToldOverRestarts end")

// order is a workflow without Latch.
func order(ctx workflow.Context, how string) error {
	switch how {
	case "fail":
		return temporal.NewApplicationError("nothing left", "OutOfStock")
	case "continue":
		return workflow.NewContinueAsNewError(ctx, "Order", "complete")
	case "wait":
		return workflow.Await(ctx, func() bool { return false })
	default:
		return nil
	}
}

// watches returns the registry's, for the bench's task queue.
func (b *bench) watches() *registry.Watches {
	return registry.New(registry.Options{Service: func() workflowservice.WorkflowServiceClient { return b.temporal().WorkflowService() },
		Namespace: "default", TaskQueue: b.queue}).Watches()
}

// watch registers a watch until the test ends. {R} stands for the receiver and {Q} for the task
// queue of the shop.
func (b *bench) watch(text string) {
	b.Helper()
	watch, err := latch.DecodeWatch([]byte(b.spec(text)))
	require.NoError(b, err)
	none := func(*latch.RegisteredWatch) error { return nil }
	_, _, err = b.watches().Put(b.ctx, *watch, none)
	require.NoError(b, err)
	b.Cleanup(func() {
		require.NoError(b, b.watches().Delete(context.WithoutCancel(b.ctx), watch.ID, none))
	})
}

// shop starts a worker without the plugin.
func (b *bench) shop() (queue string) {
	b.Helper()
	queue = b.queue + "-shop"
	shop := worker.New(b.temporal(), queue, worker.Options{})
	shop.RegisterWorkflowWithOptions(order, workflow.RegisterOptions{Name: "Order"})
	require.NoError(b, shop.Start())
	b.Cleanup(shop.Stop)
	return queue
}

// closings are the ways in which orders end, by the event that fires.
var closings = []string{latch.EventWorkflowCompleted, latch.EventWorkflowFailed, latch.EventWorkflowTimedOut, latch.EventWorkflowCanceled,
	latch.EventWorkflowTerminated, latch.EventWorkflowContinued}

// end runs an order that ends as the event says, and returns its run.
func (b *bench) end(queue, id, event string) (client.WorkflowRun, error) {
	how, is := map[string]string{latch.EventWorkflowFailed: "fail", latch.EventWorkflowContinued: "continue",
		latch.EventWorkflowCompleted: "complete"}[event]
	options := client.StartWorkflowOptions{ID: id, TaskQueue: queue, Memo: map[string]any{"customer": id, "api_key": "hunter2"}}
	if !is {
		how = "wait"
	}
	if event == latch.EventWorkflowTimedOut {
		options.WorkflowRunTimeout = time.Second
	}
	run, err := b.temporal().ExecuteWorkflow(b.ctx, options, "Order", how)
	switch {
	case err != nil:
		return nil, err
	case event == latch.EventWorkflowCanceled:
		err = b.temporal().CancelWorkflow(b.ctx, run.GetID(), run.GetRunID())
	case event == latch.EventWorkflowTerminated:
		err = b.temporal().TerminateWorkflow(b.ctx, run.GetID(), run.GetRunID(), "the shop is closed")
	}
	return run, err
}

// A told is a request of a watch, with the run that it is about.
type told struct {
	receiver.Request
	Event      string
	DeliveryID string `json:"delivery_id"`
	Data       latch.Close
}

// tellings decodes the requests to a path.
func (b *bench) tellings(path string) []told {
	b.Helper()
	var all []told
	for _, request := range b.receiver.Requests(path) {
		one := told{Request: request}
		require.NoError(b, json.Unmarshal(request.Body, &one))
		all = append(all, one)
	}
	return all
}

// Contract, "Watch": every run of a query that closes is reported, in each of the six ways, and
// each under one delivery id, although the worker is killed meanwhile.
func TestEveryCloseIsTold(t *testing.T) {
	t.Parallel()
	b := setup(t)
	queue := b.shop()
	b.watch(fmt.Sprintf(`{"id":"every-%s","query":"TaskQueue = '%s'","webhooks":[{"id":"log","url":"{R}/told","events":[
		{"event":"WORKFLOW_COMPLETED"},{"event":"WORKFLOW_FAILED"},{"event":"WORKFLOW_TIMED_OUT"},{"event":"WORKFLOW_CANCELED"},
		{"event":"WORKFLOW_TERMINATED"},{"event":"WORKFLOW_CONTINUED"}]}]}`, b.queue, queue))
	expected := map[string]string{} // events by run
	third := *manyCloses / 3
	b.endAll(queue, 0, third, expected)
	require.NoError(t, b.worker.Kill())
	b.startWorker()
	b.endAll(queue, third, 2*third, expected)
	require.NoError(t, b.worker.Kill())
	b.startWorker()
	b.requireTold("/told", expected, time.Time{})
	undisturbed := time.Now()
	b.endAll(queue, 2*third, *manyCloses, expected)
	b.requireTold("/told", expected, undisturbed)
}

// endAll ends orders in all six ways, and records the events by run.
func (b *bench) endAll(queue string, from, to int, expected map[string]string) {
	b.Helper()
	var group errgroup.Group
	group.SetLimit(16)
	runs := make([]client.WorkflowRun, to-from)
	for i := range runs {
		group.Go(func() (err error) {
			runs[i], err = b.end(queue, fmt.Sprintf("%s-%d", queue, from+i), closings[i%len(closings)])
			return err
		})
	}
	require.NoError(b, group.Wait())
	for i, run := range runs {
		event := closings[i%len(closings)]
		expected[run.GetRunID()] = event
		if event == latch.EventWorkflowContinued {
			expected[b.lastRunOf(run)] = latch.EventWorkflowCompleted
		}
	}
}

// lastRunOf waits for the end of a workflow, and returns its last run.
func (b *bench) lastRunOf(run client.WorkflowRun) string {
	b.Helper()
	require.NoError(b, run.Get(b.ctx, nil))
	described, err := b.temporal().DescribeWorkflowExecution(b.ctx, run.GetID(), "")
	require.NoError(b, err)
	return described.GetWorkflowExecutionInfo().GetExecution().GetRunId()
}

// requireTold waits until exactly the given runs were reported, each with its event and under
// one delivery id. It logs how long that took for those that closed after the given time.
func (b *bench) requireTold(path string, expected map[string]string, since time.Time) {
	b.Helper()
	ids, events := map[string]string{}, map[string]string{}
	var delays []time.Duration
	for seen := 0; len(ids) < len(expected); {
		b.arrives(path, seen+1)
		all := b.tellings(path)
		for _, each := range all[seen:] {
			run := each.Data.RunID
			require.Equal(b, each.DeliveryID, each.Header.Get("Webhook-Id"))
			require.Contains(b, []string{"", each.DeliveryID}, ids[run], "run %s was told of under two ids", run)
			if ids[run] == "" && each.Data.ClosedAt.After(since) {
				delays = append(delays, each.At.Sub(each.Data.ClosedAt.Time))
			}
			ids[run], events[run] = each.DeliveryID, each.Event
		}
		seen = len(all)
	}
	require.Equal(b, expected, events)
	require.Len(b, slices.Compact(slices.Sorted(maps.Values(ids))), len(expected), "no two share an id")
	slices.Sort(delays)
	b.Logf("%d runs were told of; delay after the close: median %s, p95 %s, longest %s", len(delays),
		delays[len(delays)/2], delays[len(delays)*95/100], delays[len(delays)-1])
}

// The report of a run has everything that a receiver needs: why it ended, its memo without
// secrets, its times and its page.
func TestWhatAWatchTells(t *testing.T) {
	t.Parallel()
	b := setup(t, "LATCH_TEMPORAL_UI_URL", "https://ui.example.com")
	queue := b.shop()
	b.watch(fmt.Sprintf(`{"id":"what-%s","query":"TaskQueue = '%s' AND ExecutionStatus IN ('Failed','Terminated')","vars":{"team":"shop"},
		"webhooks":[
			{"id":"log","url":"{R}/told","events":[{"event":"WORKFLOW_FAILED"},{"event":"WORKFLOW_TERMINATED"}]},
			{"id":"own","url":"{R}/own","body":"${vars.team}: ${data.type} ${data.failure.type}","event":"WORKFLOW_FAILED","content_type":"text/plain"},
			{"id":"some","url":"{R}/some","events":[{"event":"WORKFLOW_TERMINATED","when":"data.failure.message.contains('closed')"}]},
			{"id":"none","url":"{R}/none","event":"WORKFLOW_COMPLETED"}]}`, b.queue, queue))
	failed, err := b.end(queue, queue+"-failed", latch.EventWorkflowFailed)
	require.NoError(t, err)
	_, err = b.end(queue, queue+"-completed", latch.EventWorkflowCompleted)
	require.NoError(t, err)
	var application *temporal.ApplicationError
	require.True(t, errors.As(failed.Get(b.ctx, nil), &application))
	b.arrives("/told", 1)
	b.arrives("/own", 1)
	tells := b.tellings("/told")[0]
	require.Equal(t, latch.EventWorkflowFailed, tells.Event)
	data := tells.Data
	require.Equal(t, "failed", data.Status)
	require.Equal(t, &latch.CloseFailure{Type: "OutOfStock", Message: "nothing left"}, data.Failure)
	require.Equal(t, "Order", data.Type)
	require.Equal(t, failed.GetID(), data.WorkflowID)
	require.Equal(t, failed.GetRunID(), data.RunID)
	require.Equal(t, queue, data.TaskQueue)
	require.Equal(t, "what-"+b.queue, data.Watch)
	require.Equal(t, data.ClosedAt.Sub(data.StartedAt.Time).Milliseconds(), data.DurationMS)
	require.JSONEq(t, fmt.Sprintf(`{"customer":%q,"api_key":"***"}`, failed.GetID()), string(rawjson.Encode(data.Memo)))
	require.Equal(t, fmt.Sprintf("https://ui.example.com/namespaces/default/workflows/%s/%s/history", failed.GetID(),
		failed.GetRunID()), data.URL)
	require.Equal(t, "shop: Order OutOfStock", string(b.receiver.Requests("/own")[0].Body))

	ended, err := b.end(queue, queue+"-ended", latch.EventWorkflowTerminated)
	require.NoError(t, err)
	b.arrives("/told", 2)
	b.arrives("/some", 1)
	data = b.tellings("/told")[1].Data
	require.Equal(t, ended.GetRunID(), data.RunID)
	require.Equal(t, "terminated: the shop is closed", data.Failure.Message)
	require.Equal(t, map[string]int{"/told": 2, "/own": 1, "/some": 1}, b.came(""))
}

// A watch and its workflow end when it is deleted. Registered again, it begins anew. Its
// history, and that of the workflow that reported its runs, replay; with -record they are kept.
func TestADeletedWatchEnds(t *testing.T) {
	t.Parallel()
	l := &lane{bench: setup(t)}
	b := l.bench
	id, queue := "deleted-"+b.queue, b.shop()
	none := func(*latch.RegisteredWatch) error { return nil }
	b.watch(fmt.Sprintf(`{"id":%q,"query":"TaskQueue = '%s'","webhooks":[{"id":"log","url":"{R}/told","event":"WORKFLOW_COMPLETED"}]}`, id, queue))
	_, err := b.end(queue, queue+"-ends", latch.EventWorkflowCompleted)
	require.NoError(t, err)
	b.arrives("/told", 1)
	watch, err := b.watches().Get(b.ctx, id)
	require.NoError(t, err)
	require.NoError(t, b.watches().Delete(b.ctx, id, none))
	run := shared.client.GetWorkflow(b.ctx, latch.PrefixWatch+id, "")
	require.NoError(t, run.Get(b.ctx, nil))
	l.keep("watch", run.GetID())
	l.keep("watch-notice", l.noticeOf(run.GetID()))
	again, created, err := b.watches().Put(b.ctx, *watch, none)
	require.NoError(t, err)
	require.True(t, created)
	require.Equal(t, watch.Query, again.Query)
	described, err := shared.client.DescribeWorkflowExecution(b.ctx, latch.PrefixWatch+id, "")
	require.NoError(t, err)
	require.Equal(t, enums.WORKFLOW_EXECUTION_STATUS_RUNNING, described.GetWorkflowExecutionInfo().GetStatus())
}

// A query that the server does not accept is refused with the server's error, even one that
// would only be complete together with what Latch adds.
func TestAQueryThatTheServerRefuses(t *testing.T) {
	t.Parallel()
	b := &bench{T: t, ctx: t.Context(), queue: t.Name()}
	for query, says := range map[string]string{
		"NoSuchAttribute = 'a'":                       "NoSuchAttribute",
		"WorkflowType = ":                             "query: Temporal does not take it",
		"WorkflowType = 'a') OR (WorkflowType = 'b'":  "query: Temporal does not take it",
		"WorkflowType = 'a' ORDER BY CloseTime":       "query: Temporal does not take it",
		"WorkflowType = 'a' GROUP BY ExecutionStatus": "query: Temporal does not take it",
		"WorkflowType = 'a') -- ":                     "query: Temporal does not take it",
	} {
		_, _, err := b.watches().Put(b.ctx, latch.RegisteredWatch{Watch: latch.Watch{ID: "refused", Query: query}},
			func(*latch.RegisteredWatch) error { return nil })
		require.ErrorContains(t, err, says, query)
		var refused *registry.RefusedError
		require.ErrorAs(t, err, &refused, query)
		require.Equal(t, "query", refused.Field)
	}
	_, err := b.watches().Get(b.ctx, "refused")
	require.ErrorIs(t, err, registry.ErrUnknown)
}

// noticeOf waits for the end of the first workflow that reported a watch's runs, and returns
// its id.
func (l *lane) noticeOf(watch string) string {
	l.Helper()
	for _, event := range l.recorded(watch, "").GetEvents() {
		if id := event.GetStartChildWorkflowExecutionInitiatedEventAttributes().GetWorkflowId(); id != "" {
			require.NoError(l, shared.client.GetWorkflow(l.ctx, id, "").Get(l.ctx, nil))
			return id
		}
	}
	require.Fail(l, "the watch has told of nothing")
	return ""
}
