package console_test

import (
	"html"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/runs/runstest"
)

// answered has every test of a webhook end with a record.
func answered(record latch.Record) *world {
	w := newWorld()
	w.OnStart = func(run *runstest.Run) {
		record.DeliveryID = "dlv_test_x"
		run.Info.Status, run.Closed = enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, runstest.Completed(runstest.Payloads(record))
	}
	return w
}

// A test sends one delivery of the webhook in the form, of a job's webhook and of a registered
// one, and shows request and answer. Nothing is saved, and no typed text is lost.
func TestATestShowsRequestAndAnswer(t *testing.T) {
	t.Parallel()
	const hostile = "</pre><script>alert(1)</script>"
	w := answered(latch.Record{Webhook: "w", Event: "JOB_START", Result: latch.ResultFail, Error: "POST https://x.example: 500 " + hostile,
		Response: &latch.RecordResponse{Status: 500, Headers: map[string]string{"X-A": hostile}, Body: hostile}})
	p := loggedIn(t, serve(t, w, keys), adminKey)
	p.withJob(`{"id": 7, "title": "Shop", "type": "cmd", "conf": {"cmd": "true"}}`)
	for _, path := range []string{"/console/new-webhook", "/console/jobs/7/webhooks/new"} {
		form := p.fill(path, "id", "w", "url", "https://x.example/", "event-0-event", "JOB_START", "body",
			`{"id": "${job.id}"}`, "secret", "tower")
		got := p.press(path, "test", form)
		require.Equal(t, 200, got.status, got.body)
		shown := html.UnescapeString(got.body)
		require.Contains(t, shown, "The test at JOB_START failed")
		require.Contains(t, shown, "POST https://x.example: 500")
		require.Contains(t, shown, `"secret":"[secret tower]"`)
		require.NotContains(t, got.body, "<script>alert")
		require.Equal(t, `{"id": "${job.id}"}`, typed(t, got.body).Get("body"))
	}
	require.Len(t, w.Starts, 2)
	require.NotContains(t, p.get("/console/webhooks").body, "x.example")
	got := p.press("/console/new-webhook", "test", p.fill("/console/new-webhook", "id", "w", "url", "ftp://x", "event-0-event", "JOB_START"))
	require.Equal(t, 422, got.status)
	require.Contains(t, got.body, `id="webhook-url-error"`)
	require.Len(t, w.Starts, 2, "what is wrong is not sent")
}

// Of a webhook with several events one is tested.
func TestATestIsOfOneEvent(t *testing.T) {
	t.Parallel()
	w := answered(latch.Record{Webhook: "tower", Result: latch.ResultPass, Response: &latch.RecordResponse{Status: 200, Body: "thanks"}})
	base := serve(t, w, keys)
	p, eye := loggedIn(t, base, adminKey), loggedIn(t, base, readKey)
	p.register(tower)
	form := p.fill("/console/webhooks/tower", "test_event", "BEFORE_RELEASE_COMPLETE")
	got := p.press("/console/webhooks/tower", "test", form)
	require.Contains(t, got.body, "The test at BEFORE_RELEASE_COMPLETE was delivered")
	require.Contains(t, got.body, "thanks")
	require.Equal(t, "BEFORE_RELEASE_COMPLETE", typed(t, got.body).Get("test_event"))
	require.Equal(t, 403, eye.press("/console/webhooks/tower", "test", typed(t, eye.get("/console/webhooks/tower").body)).status)
	form.Set("form", "forged")
	require.Equal(t, 403, p.press("/console/webhooks/tower", "test", form).status)
	require.Len(t, w.Starts, 1)
}
