package api_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/api/apitest"
)

// A PUT with the ETag of a webhook changes only that version. Otherwise the answer contains the
// current version, without credentials.
func TestTheSecondChangeOfAWebhookIsRefused(t *testing.T) {
	t.Parallel()
	handler := apitest.WithKeys(t, apitest.Temporal())
	const path = "/latch/v1/webhooks/audit"
	put := func(url, match string) (int, string) {
		got := apitest.Call(handler, "PUT", path, `{"event":"JOB_START","url":"`+url+`"}`, "X-API-Key", "admin", "If-Match", match)
		return got.Code, got.Body.String()
	}
	status, body := put("https://a.example/", `"none"`)
	require.Equal(t, 412, status, "there is none to change")
	require.Contains(t, body, "deleted")
	status, _ = put("https://a.example/?token=s3cret-0123456789", "")
	require.Equal(t, 200, status)
	read := apitest.Call(handler, "GET", path, "", "X-API-Key", "read")
	tag := read.Header().Get("ETag")
	require.True(t, strings.HasPrefix(tag, `"`) && strings.HasSuffix(tag, `"`), tag)
	require.Equal(t, tag, apitest.Call(handler, "GET", path, "", "X-API-Key", "read").Header().Get("ETag"), "it stays")

	status, body = put("https://b.example/", `"other"`)
	require.Equal(t, 412, status)
	require.Contains(t, body, `"current":{"id":"audit","url":"https://a.example/?token=***"`)
	require.NotContains(t, body, "s3cret")
	status, _ = put("https://b.example/", `"other", `+tag)
	require.Equal(t, 200, status)
	status, body = put("https://c.example/", tag)
	require.Equal(t, 412, status, "the second of two")
	require.Contains(t, body, "https://b.example/")
	status, _ = put("https://c.example/", "*")
	require.Equal(t, 200, status)
	require.NotEqual(t, tag, apitest.Call(handler, "POST", path+"/disable", "", "X-API-Key", "admin").Header().Get("ETag"))
}

// Other changes of a webhook respect If-Match like PUT.
func TestEveryChangeOfAWebhookGoesByIfMatch(t *testing.T) {
	t.Parallel()
	handler := apitest.WithKeys(t, apitest.Temporal())
	const path = "/latch/v1/webhooks/audit"
	change := func(method, way, match string) (int, string) {
		got := apitest.Call(handler, method, path+way, "", "X-API-Key", "admin", "If-Match", match)
		return got.Code, got.Body.String()
	}
	for _, c := range []struct{ method, way string }{{"POST", "/enable"}, {"POST", "/disable"}, {"DELETE", ""}} {
		require.Equal(t, 200, apitest.Call(handler, "PUT", path, `{"event":"JOB_START","url":"https://a.example/"}`, "X-API-Key", "admin").Code)
		tag := apitest.Call(handler, "GET", path, "", "X-API-Key", "read").Header().Get("ETag")
		status, body := change(c.method, c.way, `"other"`)
		require.Equal(t, 412, status, c)
		require.Contains(t, body, `"current":{"id":"audit","url":"https://a.example/"`, c)
		require.Equal(t, tag, apitest.Call(handler, "GET", path, "", "X-API-Key", "read").Header().Get("ETag"), "nothing is changed")
		status, _ = change(c.method, c.way, tag)
		require.Less(t, status, 300, c)
	}
	for _, c := range []struct{ method, way string }{{"POST", "/enable"}, {"POST", "/disable"}, {"DELETE", ""}} {
		status, body := change(c.method, c.way, `"other"`)
		require.Equal(t, 412, status, c)
		require.Contains(t, body, "deleted", c)
		status, _ = change(c.method, c.way, "")
		require.Equal(t, 404, status, c)
	}
}
