package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/testsuite/browser"
	"github.com/latch-run/latch/testsuite/receiver"
)

// While a person types into a webhook's form, its preview shows what would be sent, and each
// problem beside its field. The focus stays. Without scripts a button updates the preview.
func TestConsoleWebhookIsPreviewedInABrowser(t *testing.T) {
	t.Parallel()
	w := newConsoleWorld(t)
	path := w.url + w.jobWithHook() + "/990100001"
	page := browser.Open(t, browser.Desktop)
	w.logIn(page, "admin-key=1-0123456789")
	require.EqualValues(t, 200, page.Visit(path))
	page.Await(`- Webhooks!"`)
	page.Fill("Body", `{"text": "Ended with ${job.status.returncode}: ${job.title}"}`)
	page.Await(`"text": "Ended with 0: Webhooks!"`)
	focused := page.Focused()
	require.Contains(t, focused, "Job Complete!", "the field's first text")
	page.Await("Nothing is wrong.")
	page.Fill("Body", "${job.")
	page.Await("One thing is wrong.")
	page.Await("Body: ")
	require.Equal(t, focused, page.Focused())
	require.Empty(t, page.Violations())
	page.Type("title}")
	page.Await("Nothing is wrong.")
	require.EqualValues(t, 200, page.Press("Preview"))
	require.Contains(t, page.Text(), "Webhooks!")

	plain := browser.Open(t, browser.Phone)
	plain.ForbidScripts()
	w.logIn(plain, "admin-key=1-0123456789")
	require.EqualValues(t, 200, plain.Visit(path))
	plain.Fill("Body", `{"id": "${job.id}", "what": "${event}"}`)
	require.EqualValues(t, 200, plain.Press("Preview"))
	require.Contains(t, plain.Text(), `"what": "JOB_COMPLETE"`)
	require.Contains(t, plain.Text(), "Nothing is wrong.")
	require.Contains(t, string(w.as("read-key-0123456789", "GET", "/webhooks/990100001", "").body), "Job Complete!", "nothing is saved")
}

// A worker sends the test of a webhook once, and the webhook's page shows request and answer,
// for a successful test and for a refused one.
func TestConsoleWebhookIsTestedInABrowser(t *testing.T) {
	t.Parallel()
	w := newConsoleWorld(t)
	w.receiver.Script("/tested", receiver.Answer{Status: 418})
	w.as("admin-key=1-0123456789", "PUT", "/latch/v1/webhooks/tested",
		`{"url": "`+w.receiver.URL+`/tested", "event": "JOB_START", "when": "false",
		"body": "{\"id\": \"${job.id}\"}"}`).read(t, 200, nil)
	page := browser.Open(t, browser.Desktop)
	page.ForbidScripts()
	w.logIn(page, "admin-key=1-0123456789")
	require.EqualValues(t, 200, page.Visit(w.url+"/console/webhooks/tested"))
	require.EqualValues(t, 200, page.Press("Send a test"))
	require.Contains(t, page.Text(), "The test at JOB_START failed")
	require.Contains(t, page.Text(), "answered 418")
	require.Len(t, w.receiver.Requests("/tested"), 1)
	require.Contains(t, w.receiver.Requests("/tested")[0].Header.Get("Webhook-Id"), "dlv_test_")
	page.Fill("URL", w.receiver.URL+"/arrives")
	require.EqualValues(t, 200, page.Press("Send a test"))
	require.Contains(t, page.Text(), "The test at JOB_START was delivered")
	require.Contains(t, page.Text(), `{"id": "test"}`)
	require.Len(t, w.receiver.Requests("/arrives"), 1)
	require.Equal(t, `{"id": "test"}`, string(w.receiver.Requests("/arrives")[0].Body))
}
