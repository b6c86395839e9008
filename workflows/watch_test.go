package workflows_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/closes"
	"github.com/latch-run/latch/internal/hang"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/workflows"
)

func closesOf(at time.Time, runs ...string) (all []latch.Close) {
	for _, run := range runs {
		all = append(all, latch.Close{Watch: "w", WorkflowID: "order", RunID: run, Status: "failed", ClosedAt: latch.NewTime(at)})
	}
	return all
}

// watchEnvironment has only the workflows: a test provides the activity's results.
func watchEnvironment() *testsuite.TestWorkflowEnvironment {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(quiet())
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(hang.Limit)
	workflows.Register(env)
	return env
}

// A watch starts a workflow for the runs found, records that, and continues from its position.
// It ends once it is no longer registered.
func TestAWatchTellsOfWhatIsFound(t *testing.T) {
	t.Parallel()
	env := watchEnvironment()
	at := env.Now().Truncate(time.Second)
	large := slices.Repeat(closesOf(at, "large"), 3)
	for i := range large {
		large[i].RunID += fmt.Sprint(i)
		large[i].Failure = &latch.CloseFailure{Message: strings.Repeat("x", 100<<10)}
	}
	script := []protocol.Found{
		{Watch: latch.Watch{ID: "w"}, Cursor: closes.Cursor{Since: at, Newest: at}, Closes: closesOf(at, "one", "two")},
		{Cursor: closes.Cursor{Since: at, Newest: at, LongAt: at.Add(time.Second)}},
		{Watch: latch.Watch{ID: "w"}, Cursor: closes.Cursor{Since: at, Newest: at.Add(time.Minute)}, Closes: large},
		{Gone: true},
	}
	var asked []protocol.Watch
	env.RegisterActivityWithOptions(func(at protocol.Watch) (protocol.Found, error) {
		asked = append(asked, at)
		return script[len(asked)-1], nil
	}, activity.RegisterOptions{Name: protocol.ActivityWatch})
	var told []string
	env.OnWorkflow(workflows.WatchNotice, mock.Anything, mock.Anything).Return(
		func(ctx workflow.Context, input converter.RawValue) (*latch.EmissionBatchResult, error) {
			var notice protocol.WatchNotice
			require.NoError(t, json.Unmarshal(input.Payload().GetData(), &notice))
			line := workflow.GetInfo(ctx).WorkflowExecution.ID[len(latch.PrefixWatchNotice):] + ":"
			for _, each := range notice.Closes {
				line += " " + each.RunID
			}
			told = append(told, line)
			return &latch.EmissionBatchResult{}, nil
		}, activity.RegisterOptions{Name: protocol.ActivityWatch})
	env.ExecuteWorkflow(latch.WorkflowWatch, protocol.Watch{ID: "w"})
	require.NoError(t, env.GetWorkflowError())
	require.Len(t, told, 3, "runs that are large do not go together")
	require.Regexp(t, `^w-.*-1: one two$`, told[0])
	require.Regexp(t, `^w-.*-2: large0 large1$`, told[1])
	require.Regexp(t, `^w-.*-3: large2$`, told[2])
	require.False(t, asked[0].Cursor.Since.IsZero(), "runs count from when the watch began")
	require.True(t, at.Add(time.Second).Equal(asked[2].Cursor.LongAt))
	require.Len(t, asked[2].Memory.Told, 2*12)
	require.Len(t, asked[3].Memory.Told, 5*12)
	require.Equal(t, 5, asked[3].Told)
}

// A hint ends the look, and the next one asks for its run. A hint about a run that was told of is
// no reason to look.
func TestAWatchLooksAtOnceForWhatItIsToldOf(t *testing.T) {
	t.Parallel()
	env := watchEnvironment()
	env.OnWorkflow(workflows.WatchNotice, mock.Anything, mock.Anything).Return(&latch.EmissionBatchResult{}, nil)
	at := env.Now().Truncate(time.Second)
	cursor := closes.Cursor{Since: at, Newest: at}
	hint := func(run string) {
		env.SignalWorkflow(protocol.SignalWatchHinted, protocol.WatchHint{Runs: []closes.Hint{{RunID: run, Closed: at}}})
	}
	var asked []protocol.Watch
	env.RegisterActivityWithOptions(func(ctx context.Context, given protocol.Watch) (protocol.Found, error) {
		asked = append(asked, given)
		switch len(asked) {
		case 1:
			return protocol.Found{Watch: latch.Watch{ID: "w"}, Cursor: cursor, Closes: closesOf(at, "told")}, nil
		case 2:
			hint("told")
			hint("new")
			<-ctx.Done()
			return protocol.Found{}, ctx.Err()
		case 3:
			return protocol.Found{Watch: latch.Watch{ID: "w"}, Cursor: cursor, Hints: given.Hints, Closes: closesOf(at, "new")}, nil
		default:
			return protocol.Found{Gone: true}, nil
		}
	}, activity.RegisterOptions{Name: protocol.ActivityWatch})
	env.ExecuteWorkflow(latch.WorkflowWatch, protocol.Watch{ID: "w"})
	require.NoError(t, env.GetWorkflowError())
	require.Len(t, asked, 4)
	require.Equal(t, []closes.Hint{{RunID: "new", Closed: at.UTC()}}, asked[2].Hints.Runs)
	require.True(t, asked[2].Cursor.Newest.Equal(at), "it goes on where it was")
	require.Empty(t, asked[3].Hints.Runs, "it is told of")
	require.Equal(t, 2, asked[3].Told)
}

// A watch that is registered again while it is about to end continues.
func TestAWatchThatIsRegisteredAgainGoesOn(t *testing.T) {
	t.Parallel()
	env := watchEnvironment()
	asked := 0
	env.RegisterActivityWithOptions(func(protocol.Watch) (protocol.Found, error) {
		if asked++; asked == 1 {
			env.SignalWorkflow(protocol.SignalWatchChanged, nil)
		}
		return protocol.Found{Gone: true}, nil
	}, activity.RegisterOptions{Name: protocol.ActivityWatch})
	env.ExecuteWorkflow(latch.WorkflowWatch, protocol.Watch{ID: "w"})
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, 2, asked)
}

// The events of a notice are sent to the watch's webhooks, each run's under an id that is made
// from the watch, the run and the webhook, whichever workflow reports it.
func TestAWatchNotice(t *testing.T) {
	t.Parallel()
	ids := map[string][]string{}
	for range 2 {
		b := setup(t)
		notice := protocol.WatchNotice{
			Watch: latch.Watch{ID: "w", Query: "q", Vars: latch.Object{"team": json.RawMessage(`"shop"`)}, Webhooks: []latch.Webhook{
				{ID: "log", URL: b.url + "/log", Event: latch.EventWorkflowFailed, ContentType: "text/plain",
					Body: json.RawMessage(`"${vars.team} ${data.run_id}"`)},
				{ID: "other", URL: b.url + "/other", Event: latch.EventWorkflowCompleted}}},
			Closes: closesOf(b.env.Now(), "one", "two"),
		}
		b.env.ExecuteWorkflow(latch.WorkflowWatchNotice, notice)
		require.NoError(t, b.env.GetWorkflowError())
		require.ElementsMatch(t, []string{"/log", "/log"}, b.received())
		require.Contains(t, b.bodies("/log"), "shop one")
		var result latch.EmissionBatchResult
		require.NoError(t, b.env.GetWorkflowResult(&result))
		for i, run := range []string{"one", "two"} {
			require.Equal(t, run, result.Events[i].ID)
			require.Equal(t, latch.EventWorkflowFailed, result.Events[i].Event)
			require.Len(t, result.Events[i].History, 1)
			record := result.Events[i].History[0]
			require.Equal(t, latch.ResultPass, record.Result, record.Error)
			require.Equal(t, protocol.WatchDeliveryID("w", run, "log"), record.DeliveryID)
			ids[run] = append(ids[run], record.DeliveryID)
		}
	}
	require.Equal(t, ids["one"][0], ids["one"][1])
	require.NotEqual(t, ids["one"][0], ids["two"][0])
}

// These workflows cannot be started by hand.
func TestWatchesAreNotStartedByHand(t *testing.T) {
	t.Parallel()
	for _, name := range []string{latch.WorkflowWatch, latch.WorkflowWatchNotice} {
		for _, input := range []string{`{}`, `[]`, `{"id":7}`} {
			b := setup(t)
			require.ErrorContains(t, b.run(name, input), "not by hand", "%s %s", name, input)
		}
	}
}
