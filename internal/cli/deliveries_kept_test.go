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

// A webhook that is not registered, and of which nothing was skipped, is probably a typing error.
func TestRedeliverSkippedOfAnUnknownWebhook(t *testing.T) {
	t.Parallel()
	f := newAPI(t, map[string][]apiAnswer{
		"POST /latch/v1/deliveries/redeliver": {{200, `{"deliveries":[],"started":0,"skipped":0,"errors":0,"runs":9}`}},
		"GET /latch/v1/webhooks":              {{200, `{"webhooks":[{"id":"billing"}]}`}, {200, `{"webhooks":[{"id":"billing"}]}`}, {503, `{"status":503}`}}})
	code, out, errors := f.run("", "deliveries", "redeliver", "--skipped", "--webhook", "biling")
	require.Equal(t, failure.ExitFailed, code)
	require.Empty(t, out)
	require.Contains(t, errors, `no webhook "biling" is registered on the task queue that is looked at, and no run of that time, on any, has skipped a delivery to it; did you mean "billing"?`)
	const nothing = "nothing was skipped since its endpoint was disabled\n"
	require.Equal(t, nothing, f.ok("", "deliveries", "redeliver", "--skipped", "--webhook", "billing"))
	require.Equal(t, nothing, f.ok("", "deliveries", "redeliver", "--skipped", "--webhook", "other"), "nobody knows which are registered")
}

// On a terminal the command shows how many runs it has asked. What would be sent is listed with the
// run that fired it, and with why it was skipped.
func TestRedeliverSkippedShowsWhatItFinds(t *testing.T) {
	t.Parallel()
	c := newCommand("", answering(newTemporal("emit-ping"), always(`[{"delivery_id":"dlv_1","webhook":"board","event":"PINGED",
		"workflow_id":"emit-ping","run_id":"run-1","result":"skipped","kept":true,"error":"not sent: the endpoint is disabled",
		"started_at":"2026-07-01T10:00:00Z"}]`, nil)))
	c.out.Terminal, c.out.Interactive, c.environ = true, true, []string{"NO_COLOR=1"}
	require.Equal(t, failure.ExitOK, c.start("deliveries", "redeliver", "--skipped", "--dry-run"), c.stderr.String())
	require.Contains(t, c.stderr.String(), "looking for what was skipped: 1 run asked, 1 found")
	require.Equal(t, "DONE     WEBHOOK  EVENT   OF         DELIVERY  NOTE\n"+
		"planned  board    PINGED  emit-ping  dlv_1     not sent: the endpoint is disabled\n"+
		"1 would be queued, 0 skipped\n", c.stdout.String())
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
