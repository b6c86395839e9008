package console_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// sent gives the newest run a delivery that its endpoint never took.
func (w *world) sent(webhook, problem string) {
	run := w.Runs[len(w.Runs)-1]
	before := run.Answer
	run.Answer = func(query string) (any, error) {
		if query != latch.QueryHistory {
			return before(query)
		}
		execution := run.Info.GetExecution()
		return []latch.Record{{DeliveryID: "dlv_1", Webhook: webhook, Event: "RELEASE_COMPLETE", Release: "1", WorkflowID: execution.GetWorkflowId(),
			RunID: execution.GetRunId(), Result: latch.ResultFail, Error: problem, Attempts: 3, StartedAt: latch.NewTime(noon),
			CompletedAt: latch.NewTime(noon.Add(time.Minute)), DurationMS: 60_000}}, nil
	}
}

// The page lists deliveries with their records, offers to send them again to
// whoever may, and shows what others wrote as text.
func TestDeliveries(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.goes(t, "1", "The shop")
	w.sent("board", "<script>alert(1)</script>")
	base := serve(t, w, keys)
	const page = "/console/deliveries"
	ann := loggedIn(t, base, adminKey)
	got := ann.get(page)
	require.Equal(t, 200, got.status, got.body)
	for _, text := range []string{"board", "RELEASE_COMPLETE", "1m0s", "&lt;script&gt;alert(1)", "Outcomes of the deliveries listed here",
		`href="../console/releases/release-1"`, `href="#record-0-tries"`, `value="again"`, "Send again what failed"} {
		require.Contains(t, got.body, text)
	}
	require.NotContains(t, got.body, "<script>alert")
	require.Equal(t, 422, ann.get(page+"?since=yesterday").status)

	eye := loggedIn(t, base, readKey)
	require.NotContains(t, eye.get(page).body, `value="again"`)
	require.NotContains(t, eye.get(page).body, "Send again what failed")
	require.Equal(t, 403, eye.post(page, url.Values{"form": {eye.proof("/")}, "action": {"again"}, "delivery": {"dlv_1"}}).status)
}

// Nothing is sent again in bulk before a count was confirmed.
func TestRedeliveriesAreCountedFirst(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.goes(t, "1", "The shop")
	w.sent("board", "no connection")
	p := loggedIn(t, serve(t, w, keys), adminKey)
	const page = "/console/deliveries?webhook=board"
	form := url.Values{"form": {p.proof(page)}, "action": {"count"}}
	asked := p.post(page, form)
	require.Equal(t, 200, asked.status, asked.body)
	require.Contains(t, asked.body, "Send 1 delivery again?")
	require.Contains(t, asked.body, "dlv_1")
	require.Empty(t, w.Starts)
	form.Set("action", "send")
	done := p.post(page, form)
	require.Equal(t, 200, done.status, done.body)
	require.Contains(t, done.body, "0 deliveries are sent again, 0 were skipped, and 1 could not be started")
	require.Equal(t, page, done.path, "the filter stays")
}
