package cli

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/cli/failure"
)

// A run that gave no answer may hold skipped deliveries, so the command does not claim that nothing
// was skipped.
func TestRedeliverSkippedWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	f := newAPI(t, map[string][]apiAnswer{"POST /latch/v1/deliveries/redeliver": {
		{200, `{"deliveries":[],"started":0,"skipped":0,"errors":0,"runs":9,"unanswered":2,"incomplete":true}`},
		{200, `{"deliveries":[],"started":0,"skipped":0,"errors":0,"runs":9}`}}})
	code, out, errors := f.run("", "deliveries", "redeliver", "--skipped")
	require.Equal(t, failure.ExitUnreachable, code)
	require.Empty(t, out)
	require.Contains(t, errors, "no worker answered for 2 runs")
	require.Equal(t, "nothing was skipped since its endpoint was disabled\n", f.ok("", "deliveries", "redeliver", "--skipped"))
}

// Who waits for a queue goes on asking while it does not answer.
func TestRedeliverSkippedWaitsForAnAnswer(t *testing.T) {
	t.Parallel()
	const state = "GET /latch/v1/deliveries/queues/latch-kept-latch%2Fboard"
	f := newAPI(t, map[string][]apiAnswer{
		"POST /latch/v1/deliveries/redeliver": {{200, `{"deliveries":[{"delivery_id":"dlv_1","webhook":"board","event":"PINGED",
			"outcome":"started","workflow_id":"latch-kept-latch/board"}],"started":1,"skipped":0,"errors":0,"runs":1}`}},
		state: {{503, `{"title":"Service Unavailable","status":503,"detail":"Temporal cannot be reached."}`},
			{200, `{"workflow_id":"latch-kept-latch/board","status":"completed","done":1}`}}})
	code, out, errors := f.run("", "deliveries", "redeliver", "--skipped", "--wait")
	require.Equal(t, failure.ExitOK, code, errors)
	require.Contains(t, out, "1 queued, 0 skipped, 0 could not be")
	require.Contains(t, errors, "latch-kept-latch/board: 1 are settled.")
}
