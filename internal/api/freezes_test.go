package api_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api/apitest"
)

const xmasFreeze = `{"id":"xmas","when":"'prod' in release.vars.env","windows":[{"start":"0 18 20 12 *","end":"0 8 3 1 *","timezone":"Europe/Paris"}],
	"override":{"groups":["incident"],"reason":true},"under_way":"hold"}`

// Freezes are registered, shown, listed, replaced and deleted with only HTTP, each with its state,
// which makes no new version.
func TestFreezes(t *testing.T) {
	t.Parallel()
	handler := apitest.WithKeys(t, apitest.Temporal())
	as := func(method, path, body string, headers ...string) (int, latch.RegisteredFreeze, string) {
		got := apitest.Call(handler, method, "/latch/v1/freezes"+path, body, append(headers, "X-API-Key", "admin")...)
		var freeze latch.RegisteredFreeze
		if got.Code == 200 {
			require.NoError(t, json.Unmarshal(got.Body.Bytes(), &freeze))
		}
		return got.Code, freeze, got.Body.String()
	}
	require.JSONEq(t, `{"freezes":[]}`, apitest.Call(handler, "GET", "/latch/v1/freezes", "", "X-API-Key", "read").Body.String())
	status, put, text := as("PUT", "/xmas", xmasFreeze)
	require.Equal(t, 200, status, text)
	require.NotContains(t, text, "warnings")
	require.False(t, put.CreatedAt.IsZero())
	require.NotNil(t, put.State)
	require.NotNil(t, put.State.Next)

	got := apitest.Call(handler, "GET", "/latch/v1/freezes/xmas", "", "X-API-Key", "read")
	require.Equal(t, 200, got.Code)
	tag := got.Header().Get("ETag")
	require.Contains(t, got.Body.String(), `"state":{"in_force":`)
	require.Equal(t, tag, apitest.Call(handler, "GET", "/latch/v1/freezes/xmas", "", "X-API-Key", "read").Header().Get("ETag"))
	status, again, text := as("PUT", "/xmas", got.Body.String(), "If-Match", tag)
	require.Equal(t, 200, status, "what was answered is taken back: %s", text)
	require.Equal(t, put.CreatedAt, again.CreatedAt)
	status, _, text = as("PUT", "/open", `{"windows":[{"start":"0 0 1 1 *","end":"0 0 1 7 *"},{"start":"0 0 1 6 *","end":"0 0 1 2 *"}]}`)
	require.Equal(t, 200, status, text)
	require.Contains(t, text, `"in_force":true`)
	require.Contains(t, text, "nobody may remove a lock of this freeze")
	require.Contains(t, text, "the freeze is in force and never ends")

	status, _, text = as("PUT", "/xmas", xmasFreeze, "If-Match", `"other"`)
	require.Equal(t, 412, status, text)
	status, _, _ = as("DELETE", "/xmas", "", "If-Match", `"other"`)
	require.Equal(t, 412, status)
	status, _, _ = as("DELETE", "/xmas", "")
	require.Equal(t, 204, status)
	status, _, _ = as("DELETE", "/xmas", "")
	require.Equal(t, 404, status)
	status, _, _ = as("GET", "/xmas", "")
	require.Equal(t, 404, status)
	status, _, _ = as("PUT", "/xmas", xmasFreeze, "If-Match", tag)
	require.Equal(t, 412, status, "it was deleted since")
}

// All problems of a freeze are reported at once, and nothing is registered then.
func TestFreezesAreRefused(t *testing.T) {
	t.Parallel()
	handler := apitest.WithKeys(t, apitest.Temporal())
	got := apitest.Call(handler, "PUT", "/latch/v1/freezes/a",
		`{"id":"b","when":"1 + 1","windows":[{"start":"0 0 31 2 *","end":"","timezone":"Europe/Pari"},
		{"start":"0 8 * * 1","end":"0 8 * * mon"}],"override":{"groups":["a","A",""],"reasons":true},"under_way":"wait"}`, "X-API-Key", "admin")
	require.Equal(t, 422, got.Code, got.Body)
	var problem struct {
		Errors []struct{ Location, Message string }
	}
	require.NoError(t, json.Unmarshal(got.Body.Bytes(), &problem))
	at := map[string]bool{}
	for _, each := range problem.Errors {
		at[each.Location] = true
	}
	for _, location := range []string{"id", "when", "windows[0].start", "windows[0].end", "windows[0].timezone", "windows[1].end",
		"override.groups[1]", "override.groups[2]", "override.reasons", "under_way"} {
		require.True(t, at["body."+location], "%s among %v", location, problem.Errors)
	}
	require.JSONEq(t, `{"freezes":[]}`, apitest.Call(handler, "GET", "/latch/v1/freezes", "", "X-API-Key", "admin").Body.String())
	require.Equal(t, 400, apitest.Call(handler, "PUT", "/latch/v1/freezes/a", "nonsense", "X-API-Key", "admin").Code)
}
