package e2e

import (
	"fmt"
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

// showsMeasured checks that the API, the command line and the console show the measurements of a
// gate's analysis while another is being made.
func (s *served) showsMeasured(gate string, n int) {
	s.Helper()
	var state struct {
		latch.Status
		History []latch.Record
	}
	s.call("GET", "/latch/v1/gates/"+gate, "").read(s, 200, &state)
	require.Len(s, state.Undecided, 1)
	require.Equal(s, latch.WaitsForMeasurements, state.Undecided[0].WaitsFor)
	require.Equal(s, latch.ResultPending, state.History[0].Result)
	require.Len(s, state.History[0].Measurements, n)
	for name, settings := range map[string][]string{"Temporal": nil, "the API": {"LATCH_API=" + s.url, "TEMPORAL_ADDRESS=127.0.0.1:1"}} {
		var records []latch.Record
		s.starter(settings, "history", gate, "-o", "json").read(s, 0, &records)
		require.Equal(s, state.History[0].Measurements, records[0].Measurements, name)
		require.Contains(s, s.starter(settings, "status", gate).out, "waits for the measurements of m at DEPLOY", name)
	}
	page := s.call("GET", "/console/gates/"+gate, "", "Accept", "text/html").body
	require.Contains(s, page, fmt.Sprintf("m at DEPLOY, %d measurements: %d successes", n, n))
}

// Contract, "Polling, analysis and soaking": what an analysis under way has measured so far is
// shown. It outlives a worker that is killed, with all that was measured.
func TestAnalysisOutlivesItsWorker(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.serve()
	l := &lane{bench: b, name: "case"}
	good := receiver.JSON(200, `{"errors":0}`)
	held, release := l.hold(good)
	l.script("/measure", good, good, good, good, held)
	run := l.start(latch.WorkflowGate, "gate", l.spec(measuring("300ms", "12")))
	l.arrived("/measure", 5)
	s.showsMeasured(run.GetID(), 4)
	release()
	l.arrived("/measure", 7)
	require.NoError(t, b.worker.Kill())
	b.startWorker()
	var result latch.GateResult
	require.NoError(t, run.Get(l.ctx, &result))
	require.Equal(t, latch.Continue, result.Decision)
	require.Len(t, result.History[0].Measurements, 12)
	require.JSONEq(t, "12", string(result.History[0].Data["successful"]))
	require.LessOrEqual(t, l.count("/measure"), 13, "only the measurement under way is made again")
}
