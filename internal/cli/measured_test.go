package cli

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/runs/runstest"
)

// While an analysis measures, status says that the run waits for it, and history and watch have what
// was measured so far, from the heartbeats.
func TestMeasurementsOfAnAnalysisUnderWay(t *testing.T) {
	t.Parallel()
	const status = `{"id":"first","status":"running","phase":"waiting","event":"AFTER_STEP","step":"a","locks":[],"rejected":[],"undecided":[
		{"webhook":"rate","event":"AFTER_STEP","step":"a","waits_for":"measurements","since":"2026-07-01T10:00:00Z",
			"until":"2026-07-01T11:00:00Z","on_timeout":"stop"},
		{"webhook":"eye","event":"AFTER_STEP","waits_for":"answer","since":"2026-07-01T10:00:00Z","observes":true}]}`
	const pending = `{"delivery_id":"dlv_2","webhook":"rate","event":"AFTER_STEP","step":"a","result":"pending","data":{},"attempts":0}`
	temporal := releaseRun(scene{status, "[" + waiting + "," + pending + "]"}, scene{status, "[" + waiting + "," + pending + "]"})
	made := &protocol.Measured{}
	made.Add(latch.Measurement{At: latch.NewTime(began), Result: latch.MeasuredSuccess, Value: `{"rate":0.01}`})
	made.Add(latch.Measurement{At: latch.NewTime(began), Result: latch.MeasuredFailure, Value: `{"rate":0.07}`})
	temporal.Runs[0].Pending = []*workflowpb.PendingActivityInfo{
		{ActivityId: "dlv_2", HeartbeatDetails: runstest.Payloads(protocol.Memory{Measured: made})}}

	code, out, errors := execute("", temporal, "status", "first")
	require.Equal(t, failure.ExitOK, code, errors)
	require.Equal(t, "release-first: running\n  phase: waiting AFTER_STEP (a)\n  waits for the measurements of rate at AFTER_STEP, "+
		"since 2026-07-01T10:00:00Z, until 2026-07-01T11:00:00Z (then stop)\n", out)

	code, out, errors = execute("", temporal, "history", "first")
	require.Equal(t, failure.ExitOK, code, errors)
	require.Contains(t, out, "dlv_2\t2 measurements, the last one: failure\n")
	code, out, errors = execute("", temporal, "history", "first", "-o", "json")
	require.Equal(t, failure.ExitOK, code, errors)
	var records []latch.Record
	require.NoError(t, json.Unmarshal([]byte(out), &records))
	require.Empty(t, records[0].Measurements)
	require.Equal(t, made.Measurements, records[1].Measurements)
	require.Equal(t, 2, records[1].Attempts)

	temporal = releaseRun(scene{status, "[" + pending + "]"}, scene{status, "[" + pending + "]"})
	temporal.Runs[0].Pending = []*workflowpb.PendingActivityInfo{
		{ActivityId: "dlv_2", HeartbeatDetails: runstest.Payloads(protocol.Memory{Measured: made})}}
	code, out, errors = execute("", temporal, "watch", "first")
	require.Equal(t, failure.ExitOK, code, errors)
	require.Equal(t, "watching  release-first  run run-1\nphase    waiting AFTER_STEP (a)\n"+
		"measure  AFTER_STEP (a)  rate  2 measurements, the last one: failure\n"+
		"release-first: released\n  step a: done\n", clock.ReplaceAllString(out, ""), "once, since it has not measured again")
}
