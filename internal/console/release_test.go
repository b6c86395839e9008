package console_test

import (
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/runs/runstest"
)

const steps = `[{"name":"migrate","do":{"http":{"url":"https://example.com/"}},"undo":{"http":{"url":"https://example.com/"}}},
	{"name":"announce","do":{"http":{"url":"https://example.com/"}}},{"name":"switch","do":{"http":{"url":"https://example.com/"}}}]`

// goes adds a release that has taken two of its three steps, and waits.
func (w *world) goes(t *testing.T, id, title string) {
	t.Helper()
	held := lock(id, "board")
	held.Title = title
	w.waits(t, id, held)
	run := w.Runs[len(w.Runs)-1]
	record := latch.Record{DeliveryID: "dlv_1", Webhook: "board", Event: latch.EventBeforeRelease,
		Result: latch.ResultPending, WorkflowID: "release-" + id,
		Error: title, Lock: &latch.RecordLock{Token: "release-" + id + ":board:r4nd0m"}}
	run.Answer = func(query string) (any, error) {
		if query == latch.QueryHistory {
			return []latch.Record{record}, nil
		}
		return latch.Status{ID: id, Title: title, Status: latch.ReleaseRunning, Phase: "waiting", Event: latch.EventBeforeRelease,
			Locks: []latch.OpenLock{held}, Steps: []latch.StepResult{{Name: "migrate", Status: latch.StepDone},
				{Name: "announce", Status: latch.StepDone}, {Name: "switch", Status: latch.StepPending}}}, nil
	}
	encoded, err := json.Marshal(title)
	require.NoError(t, err)
	run.StartedWith(fmt.Sprintf(`{"id":%q,"title":%s,"steps":%s}`, id, encoded, steps))
	run.Update = func(options client.UpdateWorkflowOptions) (any, error) {
		w.guard.Lock()
		defer w.guard.Unlock()
		w.told = append(w.told, options)
		return latch.Status{}, nil
	}
}

// A release is ended on its page after a confirmation that describes the effect, and only by
// users with a sufficient role.
func TestReleasesAreEndedOnceThatIsConfirmed(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.goes(t, "1", "The shop")
	base := serve(t, w, keys)
	const page = "/console/releases/release-1"
	ann := loggedIn(t, base, adminKey)
	require.Contains(t, ann.get("/console/releases").body, `href="../console/releases/release-1"`)
	got := ann.get(page)
	require.Equal(t, 200, got.status, got.body)
	const effect = "The release is called off. Its steps are undone, the last first: migrate. What has no undo stays: announce."
	require.Contains(t, got.body, effect)
	require.Contains(t, got.body, "Skip this hook")
	proof := ann.proof(page)
	asked := ann.post(page, url.Values{"form": {proof}, "action": {"rollback"}, "reason": {"the <errors> rise"}})
	require.Equal(t, 200, asked.status)
	require.Contains(t, asked.body, "Roll back the release?")
	require.Contains(t, asked.body, "the &lt;errors&gt; rise", "nothing typed is lost")
	require.Empty(t, w.told)
	require.Empty(t, ann.post(page, url.Values{"form": {proof}, "action": {"rollback"},
		"confirmed": {"something else"}}).header.Get("Location"))
	require.Empty(t, w.told, "what was confirmed was something else")
	done := ann.post(page, url.Values{"form": {proof}, "action": {"rollback"}, "confirmed": {effect}, "reason": {"the <errors> rise"}})
	require.Equal(t, 200, done.status)
	require.Contains(t, done.body, "The release was told to roll back.")
	require.Len(t, w.told, 1)
	require.Equal(t, latch.Control{By: "ann", Reason: "the <errors> rise"}, w.told[0].Args[0])

	eye := loggedIn(t, base, readKey)
	require.NotContains(t, eye.get(page).body, "Roll back the release …")
	require.NotContains(t, eye.get(page).body, "Skip this hook")
	require.Equal(t, 403, eye.post(page, url.Values{"form": {eye.proof("/")}, "action": {"stop"}, "confirmed": {effect}}).status)
	require.Len(t, w.told, 1)
	require.Equal(t, 404, ann.get("/console/releases/none").status)
}

// While an analysis measures, the page shows what it has measured so far, from its heartbeats; at
// its end, from its record.
func TestReleasesShowMeasurements(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.goes(t, "1", "The shop")
	run := w.Runs[0]
	records := []latch.Record{
		{DeliveryID: "dlv_1", Webhook: "smoke", Event: latch.EventBeforeStep, Step: "switch", Result: latch.ResultPass, Attempts: 1,
			Measurements: []latch.Measurement{{Result: latch.MeasuredSuccess, Value: "ok"}}},
		{DeliveryID: "dlv_2", Webhook: "error-rate", Event: latch.EventBeforeStep, Step: "switch", Result: latch.ResultPending}}
	answer := run.Answer
	run.Answer = func(query string) (any, error) {
		if query == latch.QueryHistory {
			return records, nil
		}
		return answer(query)
	}
	made := &protocol.Measured{}
	made.Add(latch.Measurement{At: latch.NewTime(noon), Result: latch.MeasuredFailure, Value: `{"rate":0.07}`})
	run.Pending = []*workflowpb.PendingActivityInfo{
		{ActivityId: "dlv_2", HeartbeatDetails: runstest.Payloads(protocol.Memory{Measured: made})},
		{ActivityId: "dlv_1", HeartbeatDetails: runstest.Payloads(protocol.Memory{Measured: made})}, {ActivityId: "7"}}
	page := loggedIn(t, serve(t, w, keys), readKey).get("/console/releases/release-1").body
	require.Contains(t, page, `aria-label="error-rate at BEFORE_STEP, step switch, 1 measurement: 1 failure; from 0.07 to 0.07"`)
	require.Contains(t, page, `aria-label="smoke at BEFORE_STEP, step switch, 1 measurement: 1 success"`)
	require.Equal(t, 2, strings.Count(page, `class="chart measured"`), "not in their records as well")
}

// The list can be searched, and the filter keeps the search.
func TestReleasesAreSearched(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.goes(t, "1", "The shop")
	w.goes(t, "2", "The board's")
	p := loggedIn(t, serve(t, w, keys), readKey)
	body := p.get("/console/releases?search=SHOP").body
	require.Contains(t, body, "The shop")
	require.Contains(t, body, `value="SHOP"`)
	require.Contains(t, body, "Releases: 1<")
	require.Contains(t, p.get("/console/releases").body, "Releases: 2<")
	require.NotContains(t, body, "The board")
	require.Contains(t, p.get("/console/releases?search=%22%3E%3Cscript%3E").body, "No release is found that the filter takes.")
	require.Equal(t, 422, p.get("/console/releases?status=gone").status)
}

// A hook is only skipped with a reason.
func TestHooksAreSkippedWithAReason(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.goes(t, "1", "The shop")
	p := loggedIn(t, serve(t, w, keys), adminKey)
	const page = "/console/releases/release-1"
	form := url.Values{"form": {p.proof(page)}, "action": {"skip"}, "webhook": {"board"}, "event": {latch.EventBeforeRelease}, "step": {""}}
	asked := p.post(page, form)
	require.Contains(t, asked.body, "Skip the hook?")
	form.Set("confirmed", html.UnescapeString(strings.Split(strings.Split(asked.body, `name="confirmed" value="`)[1], `"`)[0]))
	p.post(page, form)
	require.Empty(t, w.told, "it takes a reason")
	form.Set("reason", "it is on holiday")
	require.Contains(t, p.post(page, form).body, "The hook was skipped.")
	require.Equal(t, latch.Skip{Webhook: "board", Event: latch.EventBeforeRelease, By: "ann", Reason: "it is on holiday"}, w.told[0].Args[0])
}

// External content in a release is shown as text on each of its pages.
func TestReleasesShowTextsAsTexts(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.goes(t, "1", `</title><script>alert(1)</script>"'`)
	p := loggedIn(t, serve(t, w, keys), adminKey)
	for _, page := range []string{"/", "/console/releases", "/console/releases/release-1"} {
		got := p.get(page)
		require.Equal(t, 200, got.status, page)
		require.Contains(t, got.body, "&lt;script&gt;alert(1)", page)
		require.NotContains(t, got.body, "<script>", page)
	}
}
