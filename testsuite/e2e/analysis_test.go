package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

// measuring is a gate with an analysis.
func measuring(interval, count string) string {
	return `{"event":"DEPLOY","webhooks":[{"id":"m","event":"DEPLOY","analysis":{"http":{"url":"$R/measure"},
		"success":"response.data.errors < 1","interval":"` + interval + `","count":` + count + `}}]}`
}

func (l *lane) eventsOf(run client.WorkflowRun) (events int) {
	l.Helper()
	iterator := shared.client.GetWorkflowHistory(l.ctx, run.GetID(), run.GetRunID(), false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for iterator.HasNext() {
		_, err := iterator.Next()
		require.NoError(l, err)
		events++
	}
	return events
}

// Contract, "Polling, analysis and soaking": twenty measurements cost a run no more
// events than one does, and at most twelve beyond a gate that asks nobody.
func TestAnalysisCostsFewEvents(t *testing.T) {
	t.Parallel()
	b := setup(t)
	l := &lane{bench: b, name: "case"}
	l.script("/measure", receiver.JSON(200, `{"errors":0}`))
	events := map[string]int{}
	for _, count := range []string{"1", "20"} {
		run := l.start(latch.WorkflowGate, "gate-"+count, l.spec(measuring("20ms", count)))
		var result latch.GateResult
		require.NoError(t, run.Get(l.ctx, &result))
		require.Equal(t, latch.Continue, result.Decision)
		events[count] = l.eventsOf(run)
		if count == "20" {
			require.Len(t, result.History[0].Measurements, 20)
		}
	}
	nobody := l.start(latch.WorkflowGate, "gate-nobody", `{"event":"DEPLOY"}`)
	require.Error(t, nobody.Get(l.ctx, nil))
	require.LessOrEqual(t, events["20"], events["1"])
	require.LessOrEqual(t, events["20"]-l.eventsOf(nobody), 12)
	t.Logf("20 measurements: %d events; 1: %d; none: %d", events["20"], events["1"], l.eventsOf(nobody))
}

// Contract, "Polling, analysis and soaking": an analysis outlives a worker that is
// killed, with all that was measured.
func TestAnalysisOutlivesItsWorker(t *testing.T) {
	t.Parallel()
	b := setup(t)
	l := &lane{bench: b, name: "case"}
	l.script("/measure", receiver.JSON(200, `{"errors":0}`))
	run := l.start(latch.WorkflowGate, "gate", l.spec(measuring("300ms", "12")))
	l.arrived("/measure", 5)
	require.NoError(t, b.worker.Kill())
	b.startWorker()
	var result latch.GateResult
	require.NoError(t, run.Get(l.ctx, &result))
	require.Equal(t, latch.Continue, result.Decision)
	require.Len(t, result.History[0].Measurements, 12)
	require.JSONEq(t, "12", string(result.History[0].Data["successful"]))
	require.LessOrEqual(t, l.count("/measure"), 13, "only the measurement under way is made again")
}
