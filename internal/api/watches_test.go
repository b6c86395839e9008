package api_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api/apitest"
)

const paymentsWatch = `{"id":"payments","query":"WorkflowType = 'Pay'","webhooks":[
	{"id":"pager","url":"https://pager.example.com/?token=hunter2","events":[{"event":"WORKFLOW_TIMED_OUT"},{"event":"WORKFLOW_FAILED","body":{"down":true}}]}]}`

// Watches are registered, shown, listed, replaced and deleted with only HTTP. Each write starts
// the watch's workflow, or signals it.
func TestWatches(t *testing.T) {
	t.Parallel()
	temporal := apitest.Temporal()
	handler := apitest.WithKeys(t, temporal)
	as := func(method, path, body string, headers ...string) (int, latch.RegisteredWatch, string) {
		got := apitest.Call(handler, method, "/latch/v1/watches"+path, body, append(headers, "X-API-Key", "admin")...)
		var watch latch.RegisteredWatch
		if got.Code == 200 {
			require.NoError(t, json.Unmarshal(got.Body.Bytes(), &watch))
		}
		return got.Code, watch, got.Body.String() + got.Header().Get("ETag")
	}
	require.JSONEq(t, `{"watches":[]}`, apitest.Call(handler, "GET", "/latch/v1/watches", "", "X-API-Key", "read").Body.String())
	status, put, text := as("PUT", "/payments", paymentsWatch)
	require.Equal(t, 200, status, text)
	require.Equal(t, "latch", put.TaskQueue)
	require.False(t, put.CreatedAt.IsZero())
	require.Len(t, temporal.Starts, 1)
	require.Equal(t, "latch-watch-payments", temporal.Starts[0].GetWorkflowId())
	require.Equal(t, latch.WorkflowWatch, temporal.Starts[0].GetWorkflowType().GetName())

	got := apitest.Call(handler, "GET", "/latch/v1/watches/payments", "", "X-API-Key", "read")
	require.Equal(t, 200, got.Code)
	require.NotContains(t, got.Body.String(), "hunter2")
	require.Contains(t, got.Body.String(), "https://pager.example.com/?token=***")
	tag := got.Header().Get("ETag")
	status, again, text := as("PUT", "/payments", got.Body.String(), "If-Match", tag)
	require.Equal(t, 200, status, "what was answered is taken back: %s", text)
	require.Equal(t, put.CreatedAt, again.CreatedAt)
	require.Len(t, temporal.Starts, 1, "the workflow goes on")
	require.Equal(t, []string{"latch-watch-payments latch.internal.WatchChanged",
		"latch-watch-payments latch.internal.WatchChanged"}, temporal.Signals)

	status, _, text = as("PUT", "/payments", `{"query":"WorkflowType = 'Other'","webhooks":[{"id":"w","url":"https://example.com/","event":"WORKFLOW_FAILED"}]}`, "If-Match", `"other"`)
	require.Equal(t, 412, status, text)
	require.Contains(t, text, "WorkflowType = 'Pay'")
	status, _, _ = as("DELETE", "/payments", "", "If-Match", `"other"`)
	require.Equal(t, 412, status)
	status, _, _ = as("DELETE", "/payments", "")
	require.Equal(t, 204, status)
	status, _, _ = as("DELETE", "/payments", "")
	require.Equal(t, 404, status)
	status, _, _ = as("GET", "/payments", "")
	require.Equal(t, 404, status)
	status, _, _ = as("PUT", "/payments", paymentsWatch, "If-Match", tag)
	require.Equal(t, 412, status, "it was deleted since")
}

// All problems of a watch are reported at once, including the server's error about its query.
// Nothing is registered then.
func TestWatchesAreRefused(t *testing.T) {
	t.Parallel()
	temporal := apitest.Temporal()
	handler := apitest.WithKeys(t, temporal)
	for _, test := range []struct {
		body   string
		status int
		says   []string
	}{
		{`{"id":"b","query":"","webhooks":[{"id":"w","url":"https://example.com/","event":"JOB_FAILURE"}]}`, 422,
			[]string{"query: required", "webhooks[0].event", "differs from the id in the path"}},
		{`{"query":"a","webhooks":[{"id":"w","url":"https://example.com/${","event":"WORKFLOW_FAILED"}]}`, 422,
			[]string{"webhooks[0].url"}},
		{`nonsense`, 400, nil},
	} {
		got := apitest.Call(handler, "PUT", "/latch/v1/watches/a", test.body, "X-API-Key", "admin")
		require.Equal(t, test.status, got.Code, got.Body)
		var problem struct {
			Errors []struct{ Location, Message string }
		}
		require.NoError(t, json.Unmarshal(got.Body.Bytes(), &problem))
		all := ""
		for _, each := range problem.Errors {
			all += each.Location + ": " + each.Message + "\n"
		}
		for _, says := range test.says {
			require.Contains(t, all, says)
		}
	}
	temporal.ListError = serviceerror.NewInvalidArgument("no mapping for search attribute Typ")
	got := apitest.Call(handler, "PUT", "/latch/v1/watches/payments", paymentsWatch, "X-API-Key", "admin")
	require.Equal(t, 422, got.Code, got.Body)
	require.Contains(t, got.Body.String(), "Temporal does not take it: no mapping for search attribute Typ")
	require.Contains(t, got.Body.String(), `"location":"body.query"`)
	require.JSONEq(t, `{"watches":[]}`, apitest.Call(handler, "GET", "/latch/v1/watches", "", "X-API-Key", "admin").Body.String())
	require.Empty(t, temporal.Starts)
}
