package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api/apitest"
	"github.com/latch-run/latch/internal/runs/runstest"
)

// The plan of a started release shows the state of its steps, its gates, and what a rollback
// would undo now.
func TestPlanOfARelease(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		statuses []string
		want     string
	}{
		"nothing was done": {[]string{latch.StepPending, latch.StepPending},
			`"steps":[{"name":"migrate","status":"pending","undo":true},{"name":"switch","status":"pending","undo":true}],"undoes":[],"leaves":[]`},
		"one failed": {[]string{latch.StepDone, latch.StepFailed},
			`"steps":[{"name":"migrate","status":"done","undo":true},{"name":"switch","status":"failed","undo":true}],
				"undoes":["switch","migrate"],"leaves":[]`},
		"one was undone": {[]string{latch.StepDone, latch.StepUndone},
			`"steps":[{"name":"migrate","status":"done","undo":true},{"name":"switch","status":"undone","undo":true}],
				"undoes":["migrate"],"leaves":[]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			handler := apitest.WithKeys(t, apitest.HeldRun("AFTER_STEP", "switch", "", "", 0, test.statuses...))
			got := apitest.Call(handler, http.MethodGet, "/latch/v1/releases/1/plan", "", "X-API-Key", "read")
			require.Equal(t, 200, got.Code, got.Body)
			require.JSONEq(t, `{"workflow_id":"release-1","run_id":"run-1","gates":[{"webhook":"board",
				"event":"AFTER_STEP"}],`+test.want+`}`, got.Body.String())
		})
	}
	handler := apitest.WithKeys(t, &runstest.Temporal{})
	require.Equal(t, 404, apitest.Call(handler, http.MethodGet, "/latch/v1/releases/none/plan", "", "X-API-Key", "read").Code)
}

// The plan of a release that is not started has the gates of its own webhooks and of the
// registered ones, with the conditions of the latter. Problems of the release are answered as
// at its start, and nothing starts.
func TestPlanOfAReleaseThatIsNotStarted(t *testing.T) {
	t.Parallel()
	temporal := &runstest.Temporal{}
	handler := apitest.WithKeys(t, temporal)
	call := func(method, path, body, key string) (int, string) {
		got := apitest.Call(handler, method, path, body, "Content-Type", "application/json", "X-API-Key", key)
		return got.Code, got.Body.String()
	}
	for id, hook := range map[string]string{
		"board":  `{"when":"vars.env == 'prod'","events":[{"event":"BEFORE_RELEASE","blocking":true},{"event":"JOB_START","blocking":true}]}`,
		"tests":  `{"events":[{"event":"BEFORE_RELEASE","blocking":true}]}`,
		"off":    `{"enabled":false,"events":[{"event":"BEFORE_RELEASE","blocking":true}]}`,
		"change": `{"enforced":true,"events":[{"event":"BEFORE_RELEASE_COMPLETE","blocking":true}]}`,
	} {
		code, body := call("PUT", "/latch/v1/webhooks/"+id, hook, "admin")
		require.Equal(t, 200, code, body)
	}
	const release = `{"id":"shop","steps":[{"name":"migrate","do":{"http":{"url":"https://example.com/"}}}],
		"webhooks":[{"id":"tests","events":[{"event":"AFTER_STEP","blocking":true}]},{"id":"told",
			"url":"https://example.com/","event":"RELEASE_COMPLETE"}]}`
	code, body := call("POST", "/latch/v1/releases/plan", release, "run")
	require.Equal(t, 200, code, body)
	require.JSONEq(t, `{"workflow_id":"release-shop","steps":[{"name":"migrate","status":"pending","undo":false}],"undoes":[],"leaves":[],
		"gates":[{"webhook":"change","event":"BEFORE_RELEASE_COMPLETE","enforced":true},{"webhook":"tests","event":"AFTER_STEP"},
			{"webhook":"board","event":"BEFORE_RELEASE","when":"vars.env == 'prod'"}]}`, body)
	_, body = call("POST", "/latch/v1/releases/plan", `{"id":"shop","targets":["eu","us"],"at_once":2,
		"steps":[{"name":"migrate","do":{"http":{"url":"https://example.com/"}}}],
		"webhooks":[{"id":"new-rule","url":"https://example.com/",
			"events":[{"event":"AFTER_STEP","enforce":false},{"event":"BEFORE_STEP","enforce":false,"enabled":false}]}]}`, "run")
	require.Contains(t, body, `"at_once":2`)
	require.Contains(t, body, `"observers":[{"webhook":"new-rule","event":"AFTER_STEP"}]`)
	_, body = call("POST", "/latch/v1/releases/plan?workflow_id=mine", release, "run")
	require.Contains(t, body, `"workflow_id":"mine"`)
	code, body = call("POST", "/latch/v1/releases/plan", `{"id":"shop","stepps":[]}`, "run")
	require.Equal(t, 422, code)
	require.Contains(t, body, "stepps")
	code, body = call("POST", "/latch/v1/releases/plan", `{"id":"shop","steps":[{"name":"a","do":{"http":{"url":"https://example.com/"}}}],
		"webhooks":[{"id":"change","url":"https://example.com/","event":"AFTER_STEP"}]}`, "run")
	require.Equal(t, 422, code, "an enforced webhook's id")
	require.Contains(t, body, "enforced")
	code, _ = call("POST", "/latch/v1/releases/plan", release, "read")
	require.Equal(t, 403, code)
	require.Empty(t, temporal.Starts)
}
