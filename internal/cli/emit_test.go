package cli

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/failure"
)

// Of many events, those that may share a run do. An event with an id or a blocking webhook has
// its own run. Each is printed with its id and its run.
func TestManyEventsAreFiredInFewRuns(t *testing.T) {
	t.Parallel()
	documents := []string{`{"event":"E","id":"mine"}`, `{"event":"E","webhooks":[{"id":"a","events":[{"event":"E","blocking":true}]}]}`}
	for n := range 150 {
		documents = append(documents, fmt.Sprintf(`{"event":"E","data":{"n":%d}}`, n))
	}
	temporal := newTemporal()
	code, out, errors := execute("["+strings.Join(documents, ",")+"]", temporal, "emit", "-", "--output", "json")
	require.Equal(t, failure.ExitOK, code, errors)
	var fired []emittedEvent
	require.NoError(t, json.Unmarshal([]byte(out), &fired))
	require.Len(t, fired, 152)
	require.Equal(t, "emit-mine", fired[0].WorkflowID)
	require.Equal(t, "mine", fired[0].ID)
	require.Regexp(t, "^emit-.{36}$", fired[1].WorkflowID)

	events := map[string]int{}
	for _, start := range temporal.Starts {
		switch start.GetWorkflowType().GetName() {
		case latch.WorkflowEmit:
			events[start.GetWorkflowId()] = 1
		case latch.WorkflowEmitBatch:
			batch, err := latch.DecodeEmissionBatch(start.GetInput().GetPayloads()[0].GetData())
			require.NoError(t, err)
			events[start.GetWorkflowId()] = len(batch.Events)
		}
	}
	require.Len(t, events, 4, "two by themselves, 100 and 50 together")
	for _, each := range fired {
		require.NotEmpty(t, each.RunID)
		events[each.WorkflowID]--
	}
	for id, left := range events {
		require.Zero(t, left, id)
	}
}

// All problems in all events are reported at once, and nothing is fired.
func TestManyEventsAreCheckedFirst(t *testing.T) {
	t.Parallel()
	temporal := newTemporal()
	code, _, errors := execute("event: E\n---\nevent: E\nweebhooks: []\n---\n{}\n", temporal, "emit", "-")
	require.Equal(t, failure.ExitUsage, code)
	require.Contains(t, errors, "weebhooks")
	require.Contains(t, errors, "event: required")
	require.Empty(t, temporal.Starts)
	for flag, complaint := range map[string]string{"--id=x": "--id names the run of one event, and there are 2",
		"--watch": "--watch follows one event, and there are 2"} {
		code, _, errors := execute("[{event: E}, {event: E}]", temporal, "emit", "-", flag)
		require.Equal(t, failure.ExitUsage, code, errors)
		require.Contains(t, errors, complaint)
		require.Empty(t, temporal.Starts)
	}
}

// An event that cannot be fired does not prevent the others from being fired, and is reported.
func TestSomeOfManyEventsAreNotFired(t *testing.T) {
	t.Parallel()
	temporal := newTemporal("emit-mine")
	code, out, errors := execute(`[{"event":"E","id":"mine"},{"event":"E"},{"event":"E","id":"yours"}]`, temporal, "emit", "-")
	require.Equal(t, failure.ExitFailed, code)
	require.Contains(t, errors, "1 of 3 events were not fired:")
	require.Contains(t, errors, "emit-mine is running already")
	require.Contains(t, out, "emit-yours")
	require.NotContains(t, out, "emit-mine")
	require.Len(t, temporal.Starts, 2)
}
