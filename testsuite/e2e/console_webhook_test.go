package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/testsuite/browser"
)

// While a person types into a webhook's form, its preview follows: what would be
// sent, and what is wrong beside its field. What is typed keeps the focus. Without
// scripts a button does the same.
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
	require.Equal(t, "Body", page.Focused())
	page.Await("Nothing is wrong.")
	page.Fill("Body", "${job.")
	page.Await("One thing is wrong.")
	page.Await("Body: ")
	require.Equal(t, "Body", page.Focused())
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
