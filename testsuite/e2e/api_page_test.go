package e2e

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	sdkpb "go.temporal.io/api/sdk/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

const linkKey = "0123456789abcdef0123456789abcdef"

// submit sends a page's form like a browser.
func (s *served) submit(path string, form url.Values, headers ...string) reply {
	s.Helper()
	request, err := http.NewRequestWithContext(s.ctx, "POST", s.url+path, strings.NewReader(form.Encode()))
	require.NoError(s, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Accept", "text/html")
	answer := s.send(request, headers...)
	answer.body = html.UnescapeString(answer.body)
	return answer
}

// page fetches a page like a browser.
func (s *served) page(path string, status int) string {
	s.Helper()
	got := s.call("GET", path, "", "Accept", "text/html,*/*")
	require.Equal(s, status, got.status, got.body)
	require.Contains(s, got.header.Get("Content-Type"), "text/html")
	require.Contains(s, got.header.Get("Content-Security-Policy"), "default-src 'none'")
	require.Equal(s, "nosniff", got.header.Get("X-Content-Type-Options"))
	require.Equal(s, "no-store", got.header.Get("Cache-Control"))
	require.NotContains(s, got.body, "<script")
	require.NotRegexp(s, `(?i)(src=|href="?[^".])`, got.body, "nothing of elsewhere")
	return html.UnescapeString(got.body)
}

// confirm confirms a choice that ends or undoes a run.
func confirm(s *served, path string, choice url.Values) reply {
	s.Helper()
	asked := s.submit(path, choice)
	require.Equal(s, 200, asked.status, asked.body)
	found := confirmedField.FindStringSubmatch(asked.body)
	require.NotEmpty(s, found, "a grave choice is asked about once more: %s", asked.body)
	choice.Set("confirmed", found[1])
	return s.submit(path, choice)
}

var confirmedField = regexp.MustCompile(`name="confirmed" value="([^"]+)"`)

var formField = regexp.MustCompile(`name="form" value="([^"]+)"`)

// form returns the proof in a page's form.
func form(t require.TestingT, page string) string {
	found := formField.FindStringSubmatch(page)
	require.NotEmpty(t, found, page)
	return found[1]
}

// Contract, "HTTP API": the lock's page needs a key, describes the effect of each button,
// changes nothing by GET, accepts only its own form, and reports on a second click that the
// lock is already removed. `via` is page, `by` the key's name.
func TestAPIPage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.serve("LATCH_API_KEYS", apiKeys)
	workflowID, token := s.held("page-" + b.queue)
	path := "/locks/" + url.PathEscape(token)

	require.Contains(t, s.page(path, 401), "Your API key")
	s.call("GET", path, "").problem(t, 401)
	require.NotContains(t, s.page(path+"?API_KEY=read-key-0123456789", 200), "<button")
	shown := s.page(path+"?API_KEY=lock-key-0123456789", 200)
	for _, text := range []string{"board holds release “The shop”", "BEFORE_RELEASE", "migrate", "Let pass",
		"The release goes on with step migrate.", "The release stops here. No step was taken.", "No step that could be undone was taken."} {
		require.Contains(t, shown, text)
	}
	require.Len(t, b.status(workflowID).Locks, 1, "a GET changes nothing")

	pass := url.Values{"form": {form(t, shown)}, "action": {"pass"}, "reason": {"looks good"}}
	require.Equal(t, 403, s.submit(path, pass, "Sec-Fetch-Site", "cross-site").status)
	require.Equal(t, 403, s.submit(path, pass, "Origin", "https://elsewhere.example").status)
	require.Equal(t, 401, s.submit(path, url.Values{"action": {"pass"}}).status, "without the form's proof")
	require.Equal(t, 401, s.submit("/locks/"+url.PathEscape(token+"x"), pass).status, "a form of another lock")
	require.Equal(t, 422, s.submit(path, url.Values{"form": pass["form"], "action": {"explode"}}).status)
	require.Equal(t, 403, s.submit(path, url.Values{"action": {"pass"}}, "X-API-Key", "read-key-0123456789").status)
	require.Equal(t, 401, s.submit(path, url.Values{"action": {"open"}, "key": {"wrong"}}).status)
	require.Contains(t, s.submit(path, url.Values{"action": {"open"}, "key": {"lock-key-0123456789"}}).body, "You decide as board.")
	require.Len(t, b.status(workflowID).Locks, 1)

	done := s.submit(path, pass, "Origin", s.url, "Sec-Fetch-Site", "same-origin")
	require.Equal(t, 200, done.status, done.body)
	require.Contains(t, done.body, "This lock is done")
	require.Contains(t, done.body, "Removed by board")
	removed := record(t, b.history(workflowID), "board", latch.EventBeforeRelease)
	require.Equal(t, latch.ViaPage, removed.Lock.Via)
	require.Equal(t, "board", removed.Lock.RemovedBy)
	require.Equal(t, "looks good", removed.Lock.Reason)
	second := s.submit(path, url.Values{"form": pass["form"], "action": {"rollback"}})
	require.Contains(t, second.body, "came after that, and changed nothing")
	require.Contains(t, s.page(path+"?API_KEY=read-key-0123456789", 200), "This lock is done")

	// The next gate comes after the step: a rollback undoes the step.
	require.Eventually(t, func() bool {
		status := b.status(workflowID)
		return status.Event == latch.EventBeforeReleaseComplete && len(status.Locks) == 1
	}, patience, tick)
	next := "/locks/" + url.PathEscape(b.status(workflowID).Locks[0].Token)
	shown = s.page(next+"?API_KEY=admin-key%3D1-0123456789", 200)
	require.Contains(t, shown, "The release goes on, and is released.")
	require.Contains(t, shown, "Its steps are undone, the last first: migrate.")
	require.Contains(t, shown, "What was done stays: migrate.")
	require.Equal(t, 200, confirm(s, next, url.Values{"form": {form(t, shown)}, "action": {"rollback"}}).status)
	var result latch.ReleaseResult
	require.NoError(t, shared.client.GetWorkflow(b.ctx, workflowID, "").Get(b.ctx, &result))
	require.Equal(t, latch.ReleaseRolledBack, result.Status)
}

// Contract, "Settings": with LATCH_LOCK_LINKS the link in a webhook opens its lock's page
// without a key. The page does not show endpoints' answers.
func TestAPILockLink(t *testing.T) {
	t.Parallel()
	b := setup(t, "LATCH_API_URL", "https://latch.example.com", "LATCH_LOCK_LINKS", "true", "LATCH_LINK_KEY", linkKey)
	s := b.serve("LATCH_API_KEYS", apiKeys, "LATCH_API_URL", "https://latch.example.com", "LATCH_LOCK_LINKS", "true",
		"LATCH_LINK_KEY", linkKey)
	workflowID, token := s.held("link-" + b.queue)
	link := b.status(workflowID).Locks[0].URL
	var metadata sdkpb.WorkflowMetadata // the content of a run in Temporal UI
	b.query(workflowID, "__temporal_workflow_metadata", &metadata)
	require.Contains(t, metadata.GetCurrentDetails(),
		"[Open it in Latch](https://latch.example.com/console/releases/"+url.PathEscape(workflowID)+")")
	path, found := strings.CutPrefix(link, "https://latch.example.com")
	require.True(t, found, link)

	var state struct{ Record latch.Record }
	s.as("read-key-0123456789", "GET", lockPath(token), "").read(t, 200, &state)
	require.NotContains(t, state.Record.Lock.URL, "link=", "who may not remove locks gets no link that does")
	s.page(strings.TrimSuffix(path, path[len(path)-4:]), 401)
	shown := s.page(path, 200)
	require.Contains(t, shown, "Your name")
	require.NotContains(t, shown, token, "no token of a lock stands in the page")
	require.Equal(t, 401, s.submit(path, url.Values{"action": {"pass"}}).status, "the link alone sends no form")
	done := confirm(s, path, url.Values{"form": {form(t, shown)}, "action": {"stop"}, "name": {"Ada"}, "reason": {"no"}})
	require.Equal(t, 200, done.status, done.body)
	var result latch.ReleaseResult
	require.NoError(t, shared.client.GetWorkflow(b.ctx, workflowID, "").Get(b.ctx, &result))
	require.Equal(t, latch.ReleaseStopped, result.Status)
	require.Equal(t, "Ada (by link)", result.History[0].Lock.RemovedBy)
	require.Equal(t, latch.ViaPage, result.History[0].Lock.Via)
	require.Contains(t, s.page(path, 200), "This lock is done")

	without := b.serve("LATCH_API_KEYS", apiKeys)
	without.page(path, 401)
}

// Contract, "HTTP API": a person who has only the link sees no response and no error text on
// the page.
func TestAPILockLinkShowsNoResponse(t *testing.T) {
	t.Parallel()
	b := setup(t, "LATCH_API_URL", "http://127.0.0.1:1", "LATCH_LOCK_LINKS", "true", "LATCH_LINK_KEY", linkKey)
	s := b.serve("LATCH_API_KEYS", apiKeys, "LATCH_LOCK_LINKS", "true", "LATCH_LINK_KEY", linkKey)
	l := b.lane(t)
	l.script("/told", receiver.JSON(400, `{"said":"open sesame"}`))
	l.script("/do", receiver.JSON(400, `{"said":"open sesame"}`))
	run := l.begin(latch.WorkflowRelease, `{"id":"r",
		"steps":[{"name":"a","do":{"http":{"url":"$R/do","retry":{"maximum_attempts":1}}}}],"on_failure":"stop",
		"webhooks":[
			{"id":"gate","events":[{"event":"AFTER_STEP","blocking":true}]},
			{"id":"told","url":"$R/told","event":"BEFORE_STEP"}]}`)
	l.openLock(run.GetID(), "gate")
	link := l.status(run.GetID()).Locks[0].URL
	path := strings.TrimPrefix(link, "http://127.0.0.1:1")
	byLink, byKey := s.page(path, 200), s.page(path+"&API_KEY=lock-key-0123456789", 200)
	require.Contains(t, byLink, "told at BEFORE_STEP")
	require.NotContains(t, byLink, b.receiver.URL)
	require.NotContains(t, byLink, "sesame")
	require.NotContains(t, byLink, "answered 400")
	require.Contains(t, byKey, "answered 400", "a key sees why")
	require.Contains(t, byLink, "Step a failed, so the release fails. By its policy on_failure nothing is undone.")
	require.Contains(t, byKey, "You decide as board.", "a key that is enough counts before the link")
}
