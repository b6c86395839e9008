package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/api/apitest"
	"github.com/latch-run/latch/internal/runs/runstest"
)

// A dry run shows what a release would do with the answers, with its own webhooks and the
// registered ones, and starts nothing. So does the start of a release with plan=true.
func TestDryRunOfARelease(t *testing.T) {
	t.Parallel()
	temporal := &runstest.Temporal{}
	handler := apitest.WithKeys(t, temporal)
	call := func(method, path, body, key string) (int, string) {
		got := apitest.Call(handler, method, path, body, "Content-Type", "application/json", "X-API-Key", key)
		return got.Code, got.Body.String()
	}
	code, body := call("PUT", "/latch/v1/webhooks/audit",
		`{"url":"https://audit.example.com/?token=hush","secret":"audit","event":"RELEASE_ROLLED_BACK"}`, "admin")
	require.Equal(t, 200, code, body)
	const release = `{"id":"shop","steps":[{"name":"migrate","do":{"activity":{"type":"Migrate"}},"undo":{"activity":{"type":"Restore"}}}],
		"webhooks":[{"id":"tests","url":"https://tests.example.com/",
			"events":[{"event":"AFTER_STEP","rollback_release":"history.data[?'failed'].orValue(0) > 0"}]}]}`
	code, body = call("POST", "/latch/v1/releases/dry-run",
		`{"release":`+release+`,"answers":{"webhooks":[{"webhook":"tests","answers":[{"body":{"failed":1}}]}]}}`, "run")
	require.Equal(t, 200, code, body)
	for _, part := range []string{`"status":"rolled_back"`, `"webhook":"audit"`, `"of":"Undo step migrate"`, `"name":"Restore"`,
		`"decision":"rollback"`, `"unused":[]`} {
		require.Contains(t, body, part)
	}
	require.NotContains(t, body, "hush")
	code, body = call("POST", "/latch/v1/releases?plan=true", release, "run")
	require.Equal(t, 200, code, body)
	require.Contains(t, body, `"status":"released"`)
	require.Empty(t, temporal.Starts)

	for wrong, path := range map[string]string{
		`{"release":{"id":"shop","stepps":[]}}`:                         "body.release.stepps",
		`{"answers":{}}`:                                                "release",
		`{"release":` + release + `,"answers":{"tasks":[{}]}}`:          "body.answers.tasks[0]",
		`{"release":` + release + `,"answer":{}}`:                       "answer",
		`{"release":` + release + `,"answers":{"webhooks":[{"on":1}]}}`: "body.answers.webhooks[0].on",
	} {
		code, body = call("POST", "/latch/v1/releases/dry-run", wrong, "run")
		require.Equal(t, 422, code, body)
		require.Contains(t, body, path)
	}
	code, _ = call("POST", "/latch/v1/releases/dry-run", `{"release":`+release+`}`, "read")
	require.Equal(t, 403, code)
}
