package workflows_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/closes"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/workflows"
)

// stateOf runs a workflow up to a moment, and returns its state at that time, as a terminated
// run leaves it. What it sends afterwards is not of interest.
func (b *bench) stateOf(name, input string, at time.Duration) (left protocol.RunState) {
	b.Helper()
	b.env.RegisterDelayedCallback(func() {
		answer, err := b.env.QueryWorkflow(protocol.QueryState)
		require.NoError(b, err)
		require.NoError(b, answer.Get(&left))
		b.env.CancelWorkflow()
	}, at)
	_ = b.run(name, input)
	require.True(b, left.Admitted)
	return left
}

// An ended answers what a report reads of the ended run.
type ended struct {
	interceptor.WorkerInterceptorBase
	ending protocol.Ending
	left   protocol.RunState
	// newer answers the questions for a newer run, the last of them again and again.
	newer []string
	// apart is the argument that is too large to come with the others.
	apart []byte
}

func (e *ended) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	return &endedInbound{interceptor.WorkflowInboundInterceptorBase{Next: next}, e}
}

type endedInbound struct {
	interceptor.WorkflowInboundInterceptorBase
	of *ended
}

func (i *endedInbound) Init(out interceptor.WorkflowOutboundInterceptor) error {
	return i.Next.Init(&endedOutbound{interceptor.WorkflowOutboundInterceptorBase{Next: out}, i.of})
}

type endedOutbound struct {
	interceptor.WorkflowOutboundInterceptorBase
	of *ended
}

func (o *endedOutbound) ExecuteActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	future, answer := workflow.NewFuture(ctx)
	switch name {
	case protocol.ActivityReadEnd:
		answer.Set(o.of.ending, nil)
	case protocol.ActivityReadState:
		answer.Set(o.of.left, nil)
	case protocol.ActivityReadArgument:
		answer.Set(o.of.apart, nil)
	default:
		return o.Next.ExecuteActivity(ctx, name, args...)
	}
	return future
}

func (o *endedOutbound) ExecuteLocalActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	if name == protocol.ActivityTakeTurn {
		future, answer := workflow.NewFuture(ctx)
		answer.SetValue(protocol.TurnAnswer{})
		return future
	}
	if name != protocol.ActivityNewerRun || len(o.of.newer) == 0 {
		return o.Next.ExecuteLocalActivity(ctx, name, args...)
	}
	future, answer := workflow.NewFuture(ctx)
	answer.SetValue(protocol.NewerAnswer{RunID: o.of.newer[0]})
	if len(o.of.newer) > 1 {
		o.of.newer = o.of.newer[1:]
	}
	return future
}

// setupEnd is setup for the report of a run's end.
func setupEnd(t *testing.T) (*bench, *ended) {
	t.Helper()
	of := &ended{}
	return setup(t, of), of
}

// report runs the report of a run's end.
func (e *ended) report(b *bench, kind, by string, ending protocol.Ending, left protocol.RunState) {
	b.Helper()
	ending.Reason, ending.OriginalRunID = "terminated by ann: too slow", uuid.NewSHA1(uuid.NameSpaceOID, []byte("ended")).String()
	e.ending, e.left = ending, left
	b.env.ExecuteWorkflow(latch.WorkflowEndNotice, protocol.EndedRun{WorkflowID: "ended", RunID: "run", Type: kind, By: by,
		StartedAt: latch.NewTime(b.env.Now()), ClosedAt: latch.NewTime(b.env.Now())})
	require.NoError(b, b.env.GetWorkflowError())
}

const endedRelease = `{"id":"shop",$MORE"on_cancel":"stop","steps":[
	{"name":"a","do":{"http":{"url":"$R/do-a"}},"undo":{"http":{"url":"$R/undo-a"}}},
	{"name":"b","do":{"http":{"url":"$R/do-b"}},"undo":{"http":{"url":"$R/undo-b"}}}],
	"webhooks":[{"id":"board","events":[{"event":"AFTER_STEP","when":"step.name == 'b'","blocking":true}]},
		{"id":"log","url":"$R/log","events":[{"event":"RELEASE_COMPLETE"},{"event":"RELEASE_FAILURE"}]}]}`

// Contract, "Ended from outside": a release's end is told, and what was done is undone only if
// the release wants that and no newer run exists.
func TestAnEndedReleaseIsReported(t *testing.T) {
	t.Parallel()
	const rollback = `"on_terminate":"rollback",`
	told, done := []string{latch.EventReleaseComplete, latch.EventReleaseFailure}, []string{latch.StepDone, latch.StepDone}
	for name, c := range map[string]struct {
		more   string
		ending protocol.Ending
		newer  []string
		sent   []string
		steps  []string
		reason string
	}{
		"told": {"", protocol.Ending{Began: true}, nil, told, done, "terminated by ann: too slow"},
		"rolled back": {rollback, protocol.Ending{Began: true}, nil, append([]string{"/undo-b", "/undo-a"}, told...),
			[]string{latch.StepUndone, latch.StepUndone}, "terminated by ann: too slow"},
		"a newer run": {rollback, protocol.Ending{Began: true, NewerRunID: "newer"}, nil, told, done,
			"; not undone, because run newer of the same workflow came after it"},
		"a newer run before the undo": {rollback, protocol.Ending{Began: true}, []string{"newer"}, told, done,
			"; not undone: b, a, because run newer of the same workflow came after it"},
		"a newer run between two undos": {rollback, protocol.Ending{Began: true}, []string{"", "newer"},
			append([]string{"/undo-b"}, told...),
			[]string{latch.StepDone, latch.StepUndone}, "; not undone: a, because run newer of the same workflow came after it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first := setup(t)
			b, of := setupEnd(t)
			spec := strings.ReplaceAll(strings.ReplaceAll(endedRelease, "$MORE", c.more), "$R", b.url)
			left := first.stateOf(latch.WorkflowRelease, spec, time.Minute)
			before := len(b.received())
			c.ending.Arguments, of.newer = [][]byte{[]byte(spec)}, c.newer
			of.report(b, latch.WorkflowRelease, latch.ByTerminated, c.ending, left)
			require.ElementsMatch(t, c.sent, b.received()[before:])
			require.Equal(t, c.sent[:len(c.sent)-2], b.received()[before:][:len(c.sent)-2], "undone in reverse order, before anything is told")
			var result latch.ReleaseResult
			b.result(&result)
			require.Equal(t, latch.ReleaseFailed, result.Status)
			require.Contains(t, result.Reason, c.reason)
			require.Equal(t, latch.ByTerminated, result.DecidedBy.By)
			require.Equal(t, c.steps, []string{result.Steps[0].Status, result.Steps[1].Status})
			require.Contains(t, b.bodies(latch.EventReleaseFailure), `"by":"terminated"`)
			require.False(t, result.History[0].Lock.Open(), "nobody waits for it")
		})
	}
}

// A planning holds the plan of an event in a run, as one that ends while it is being planned.
type planning struct {
	interceptor.WorkerInterceptorBase
	event string
}

func (p *planning) InterceptWorkflow(_ workflow.Context,
	next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	return &planningInbound{interceptor.WorkflowInboundInterceptorBase{Next: next}, p}
}

type planningInbound struct {
	interceptor.WorkflowInboundInterceptorBase
	of *planning
}

func (i *planningInbound) Init(out interceptor.WorkflowOutboundInterceptor) error {
	return i.Next.Init(&planningOutbound{interceptor.WorkflowOutboundInterceptorBase{Next: out}, i.of})
}

type planningOutbound struct {
	interceptor.WorkflowOutboundInterceptorBase
	of *planning
}

func (o *planningOutbound) ExecuteLocalActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	if name != protocol.ActivityPlan || workflow.GetLocalActivityOptions(ctx).Summary != "Plan "+o.of.event {
		return o.Next.ExecuteLocalActivity(ctx, name, args...)
	}
	future, answer := workflow.NewFuture(ctx)
	workflow.Go(ctx, func(ctx workflow.Context) { answer.SetError(workflow.Sleep(ctx, time.Hour)) })
	return future
}

// A run that ends while it plans an event is reported as any other. The event has not fired, and
// if it fires at the end, its deliveries have the ids that they would have had.
func TestARunThatEndedWhileItPlannedIsReported(t *testing.T) {
	t.Parallel()
	original := uuid.NewSHA1(uuid.NameSpaceOID, []byte("ended")).String()
	for name, c := range map[string]struct {
		planned string
		sent    []string
		first   int // the place of the first event that is told among those of the release
		status  string
	}{
		"a gate": {latch.EventAfterStep, []string{"/undo-a", latch.EventReleaseComplete, latch.EventReleaseFailure}, 3,
			latch.ReleaseFailed},
		"the end": {latch.EventReleaseComplete, []string{latch.EventReleaseComplete, latch.EventReleaseSuccess}, 6, latch.ReleaseReleased},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first := setup(t, &planning{event: c.planned})
			b, of := setupEnd(t)
			spec := strings.ReplaceAll(`{"id":"shop","on_terminate":"rollback","steps":[
				{"name":"a","do":{"http":{"url":"$R/do-a"}},"undo":{"http":{"url":"$R/undo-a"}}},
				{"name":"b","do":{"http":{"url":"$R/do-b"}}}],
				"webhooks":[{"id":"checks","events":[{"event":"AFTER_STEP","when":"step.name == 'c'","blocking":true}]},
					{"id":"log","url":"$R/log","events":[{"event":"RELEASE_COMPLETE","when":"true"},{"event":"RELEASE_SUCCESS"},{"event":"RELEASE_FAILURE"}]}]}`,
				"$R", b.url)
			left := first.stateOf(latch.WorkflowRelease, spec, time.Minute)
			before := len(b.received())
			of.report(b, latch.WorkflowRelease, latch.ByTerminated, protocol.Ending{Began: true, Arguments: [][]byte{[]byte(spec)}}, left)
			require.ElementsMatch(t, c.sent, b.received()[before:])
			var result latch.ReleaseResult
			b.result(&result)
			require.Equal(t, c.status, result.Status)
			told := result.History[len(result.History)-2:]
			for i, record := range told {
				origin := fmt.Sprintf("%s\x00%d\x00log\x00%s\x00", original, c.first+i, record.Event)
				require.Equal(t, protocol.DeliveryID(original, origin), record.DeliveryID, record.Event)
			}
		})
	}
}

// A release that is refused the turn in which it would be undone is reported without that.
func TestAnEndedReleaseThatGetsNoTurnIsReported(t *testing.T) {
	t.Parallel()
	first := setup(t)
	b, of := setupEnd(t)
	spec := strings.ReplaceAll(strings.ReplaceAll(endedRelease, "$MORE",
		`"on_terminate":"rollback","concurrency":{"key":"shop"},`), "$R", b.url)
	left := first.stateOf(latch.WorkflowRelease, spec, time.Minute)
	before := len(b.received())
	b.env.RegisterDelayedCallback(func() {
		b.env.SignalWorkflow(protocol.SignalTellTurn, protocol.TurnNews{Refused: "1,000 releases wait already"})
	}, time.Minute)
	of.report(b, latch.WorkflowRelease, latch.ByTerminated, protocol.Ending{Began: true, Arguments: [][]byte{[]byte(spec)}}, left)
	require.ElementsMatch(t, []string{latch.EventReleaseComplete, latch.EventReleaseFailure}, b.received()[before:])
	var result latch.ReleaseResult
	b.result(&result)
	require.Equal(t, latch.ReleaseFailed, result.Status)
	require.Equal(t, "terminated by ann: too slow; not undone: 1,000 releases wait already", result.Reason)
	require.Equal(t, latch.StepDone, result.Steps[0].Status)
}

const endedJob = `{"id":"books","delay":"$DELAY","task":{"http":{"url":"$R/work"}},"webhooks":[
	{"id":"ops","url":"$R/ops","events":[{"event":"JOB_FAILURE"}],"retry":{"initial_interval":"5s","maximum_interval":"5s"}}]}`

// A job's end is told once: as the end from outside, or as the failure that it had told before,
// whose delivery goes on under its id. One that no worker had taken up is told too. A run that
// goes on is not told.
func TestAnEndedJobIsReported(t *testing.T) {
	t.Parallel()
	t.Run("at work", func(t *testing.T) {
		t.Parallel()
		first := setup(t)
		b, of := setupEnd(t)
		spec := strings.NewReplacer("$DELAY", "1h", "$R", b.url).Replace(endedJob)
		left := first.stateOf(latch.WorkflowJobRun, spec, time.Minute)
		before := len(b.received())
		of.report(b, latch.WorkflowJobRun, latch.ByTimedOut, protocol.Ending{Began: true, Arguments: [][]byte{[]byte(spec)}}, left)
		require.Equal(t, []string{latch.EventJobFailure}, b.received()[before:])
		var result latch.JobResult
		b.result(&result)
		require.Equal(t, []string{latch.JobTimedOut, latch.ByTimedOut}, []string{result.Status, result.By})
	})
	t.Run("told before", func(t *testing.T) {
		t.Parallel()
		first := setup(t)
		b, of := setupEnd(t)
		b.answers["/work"], b.answers["/ops"] = "", ""
		spec := strings.NewReplacer("$DELAY", "0s", "$R", b.url).Replace(endedJob)
		spec = strings.Replace(spec, `"/work"`, `"/work","retry":{"maximum_attempts":1}`, 1)
		left := first.stateOf(latch.WorkflowJobRun, spec, time.Second)
		state, err := protocol.UnpackCarried(left.Packed)
		require.NoError(t, err)
		require.True(t, state.Job.Ended)
		delete(b.answers, "/ops")
		before := len(b.received())
		of.report(b, latch.WorkflowJobRun, latch.ByTerminated, protocol.Ending{Began: true, Arguments: [][]byte{[]byte(spec)}}, left)
		require.Equal(t, []string{latch.EventJobFailure}, b.received()[before:])
		var result latch.JobResult
		b.result(&result)
		require.Equal(t, []string{latch.JobFailed, ""}, []string{result.Status, result.By})
		require.Len(t, result.History, 1)
		require.Equal(t, state.Records[0].DeliveryID, result.History[0].DeliveryID)
		require.Equal(t, latch.ResultPass, result.History[0].Result)
	})
	t.Run("never begun", func(t *testing.T) {
		t.Parallel()
		b, of := setupEnd(t)
		spec := strings.NewReplacer("$DELAY", "0s", "$R", b.url).Replace(endedJob)
		of.report(b, latch.WorkflowJobRun, latch.ByTerminated, protocol.Ending{Arguments: [][]byte{[]byte(spec)}}, protocol.RunState{})
		require.Equal(t, []string{latch.EventJobFailure}, b.received())
	})
	t.Run("a large input", func(t *testing.T) {
		t.Parallel()
		b, of := setupEnd(t)
		of.apart = []byte(strings.NewReplacer("$DELAY", "0s", "$R", b.url).Replace(endedJob))
		of.report(b, latch.WorkflowJobRun, latch.ByTerminated,
			protocol.Ending{Arguments: [][]byte{nil}, Apart: []int{0}}, protocol.RunState{})
		require.Equal(t, []string{latch.EventJobFailure}, b.received())
	})
	t.Run("goes on", func(t *testing.T) {
		t.Parallel()
		b, of := setupEnd(t)
		of.report(b, latch.WorkflowJobRun, latch.ByTerminated, protocol.Ending{GoesOn: true}, protocol.RunState{})
		require.Empty(t, b.received())
	})
}

// The finder starts one report for each run, and ends if the settings say so.
func TestEndsAreFound(t *testing.T) {
	t.Parallel()
	env := watchEnvironment()
	at := latch.NewTime(env.Now().Truncate(time.Second))
	run := protocol.EndedRun{WorkflowID: "ended", RunID: "run", Type: latch.WorkflowJobRun, By: latch.ByTerminated, StartedAt: at, ClosedAt: at}
	other := run
	other.RunID = "other"
	script := []protocol.FoundEnds{{Runs: []protocol.EndedRun{run, other}}, {}, {Off: true}}
	var asked []protocol.Ends
	env.RegisterActivityWithOptions(func(at protocol.Ends) (protocol.FoundEnds, error) {
		asked = append(asked, at)
		return script[len(asked)-1], nil
	}, activity.RegisterOptions{Name: protocol.ActivityEnds})
	var reported []string
	env.OnWorkflow(workflows.EndNotice, mock.Anything, mock.Anything).Return(
		func(ctx workflow.Context, input converter.RawValue) (any, error) {
			var of protocol.EndedRun
			require.NoError(t, json.Unmarshal(input.Payload().GetData(), &of))
			reported = append(reported, workflow.GetInfo(ctx).WorkflowExecution.ID+" "+of.RunID)
			return nil, nil
		})
	env.ExecuteWorkflow(latch.WorkflowEnds, protocol.Ends{})
	require.NoError(t, env.GetWorkflowError())
	require.ElementsMatch(t, []string{"latch-ended-run run", "latch-ended-other other"}, reported)
	require.False(t, asked[0].Cursor.Since.IsZero())
	require.Equal(t, 2, asked[1].Told)
	require.Len(t, asked[1].Memory.Told, 2*12)
}

// A worker whose clock is ahead starts the finder. Runs that end from then on are found all the
// same.
func TestEndsAreFoundFromTheStartOnAtTheLatest(t *testing.T) {
	t.Parallel()
	for name, ahead := range map[string]time.Duration{"ahead": 48 * time.Hour, "right": -time.Hour} {
		env := watchEnvironment()
		began := env.Now()
		var asked protocol.Ends
		env.RegisterActivityWithOptions(func(at protocol.Ends) (protocol.FoundEnds, error) {
			asked = at
			return protocol.FoundEnds{Off: true}, nil
		}, activity.RegisterOptions{Name: protocol.ActivityEnds})
		env.ExecuteWorkflow(latch.WorkflowEnds, protocol.Ends{Cursor: closes.Cursor{Since: began.Add(ahead)}})
		require.NoError(t, env.GetWorkflowError(), name)
		require.WithinDuration(t, began.Add(min(ahead, 0)), asked.Cursor.Since, 0, name)
	}
}

// A report cannot be started by hand.
func TestAnEndIsNotReportedByHand(t *testing.T) {
	t.Parallel()
	for _, input := range []string{`{}`, `[]`, `{"workflow_id":"a","run_id":"b","type":"Order","by":"terminated"}`} {
		b := setup(t)
		require.ErrorContains(t, b.run(latch.WorkflowEndNotice, input), "not by hand", input)
	}
}
