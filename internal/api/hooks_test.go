package api_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

const auditHook = `{"id":"audit","url":"https://audit.example.com/","when":"instance.size() == 0","events":[{"event":"JOB_SUCCESS"},{"event":"RELEASE_FAILURE","body":{"down":true}}]}`

// Registered webhooks: made, shown, listed, replaced, disabled and removed by
// HTTP alone, each refusal with a status of its own.
func TestRegisteredWebhooks(t *testing.T) {
	t.Parallel()
	handler := withKeys(t, &fake{})
	as := func(method, path, body string) (int, latch.RegisteredWebhook) {
		got := call(handler, method, "/latch/v1/webhooks"+path, body, "X-API-Key", "admin")
		var webhook latch.RegisteredWebhook
		if got.Code == 200 || got.Code == 201 {
			require.NoError(t, json.Unmarshal(got.Body.Bytes(), &webhook))
		}
		return got.Code, webhook
	}
	require.JSONEq(t, `{"webhooks":[]}`, call(handler, "GET", "/latch/v1/webhooks", "", "X-API-Key", "read").Body.String())
	created := call(handler, "POST", "/latch/v1/webhooks", auditHook, "X-API-Key", "admin")
	require.Equal(t, 201, created.Code, created.Body)
	require.Equal(t, "/latch/v1/webhooks/audit", created.Header().Get("Location"))
	status, _ := as("POST", "", auditHook)
	require.Equal(t, 409, status)
	status, kept := as("GET", "/audit", "")
	require.Equal(t, 200, status)
	require.Equal(t, "instance.size() == 0", kept.When)
	require.Len(t, kept.Events, 2)
	require.False(t, kept.CreatedAt.IsZero())

	status, disabled := as("POST", "/audit/disable", "")
	require.Equal(t, 200, status)
	require.False(t, disabled.IsEnabled())
	require.Len(t, disabled.Events, 2, "the rest stays")
	status, enabled := as("POST", "/audit/enable", "")
	require.Equal(t, 200, status)
	require.True(t, enabled.IsEnabled())
	given, err := json.Marshal(enabled)
	require.NoError(t, err)
	status, again := as("PUT", "/audit", string(given))
	require.Equal(t, 200, status, "what was answered is taken back")
	require.Equal(t, kept.CreatedAt, again.CreatedAt)

	status, put := as("PUT", "/audit", `{"url":"https://other.example.com/","event":"JOB_FAILURE"}`)
	require.Equal(t, 200, status)
	require.Equal(t, "JOB_FAILURE", put.Event)
	require.Empty(t, put.When, "the whole webhook is replaced")
	status, put = as("PUT", "/pager", `{"url":"https://pager.example.com/","event":"JOB_FAILURE"}`)
	require.Equal(t, 200, status)
	require.Equal(t, "pager", put.ID)
	list := call(handler, "GET", "/latch/v1/webhooks", "", "X-API-Key", "read").Body.String()
	require.Less(t, strings.Index(list, `"audit"`), strings.Index(list, `"pager"`))

	require.Equal(t, 204, call(handler, "DELETE", "/latch/v1/webhooks/audit", "", "X-API-Key", "admin").Code)
	for _, missing := range []struct{ method, path string }{
		{"GET", "/audit"}, {"DELETE", "/audit"}, {"POST", "/audit/enable"}, {"POST", "/audit/disable"},
	} {
		status, _ := as(missing.method, missing.path, "")
		require.Equal(t, 404, status, missing)
	}
}

// Contract, "HTTP API": 422 names every field that is wrong; to change a
// webhook takes the role admin.
func TestRegisteredWebhookRefusals(t *testing.T) {
	t.Parallel()
	f := &fake{}
	handler := withKeys(t, f)
	for _, test := range []struct {
		name, method, path, body string
		fields                   []string
	}{
		{"unknown key", "POST", "", `{"id":"a","url":"https://x.example/","event":"JOB_START","uri":""}`, []string{"body.uri"}},
		{"all at once", "POST", "", `{"id":"a:b","event":"JOB_STRAT","when":"1 +"}`, []string{"body.id", "body.event", "body.when"}},
		{"of no type", "POST", "", `{"id":"a","url":"https://x.example/","event":"JOB_START","when":"'yes'"}`, []string{"body.when"}},
		{"without an id", "POST", "", `{"url":"https://x.example/","event":"JOB_START"}`, []string{"body.id"}},
		{"another id", "PUT", "/b", `{"id":"a","url":"https://x.example/","event":"JOB_START"}`, []string{"body.id"}},
		{"a path that is no id", "PUT", "/a:b", `{"url":"https://x.example/","event":"JOB_START"}`, []string{"body.id"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := problemOf(t, call(handler, test.method, "/latch/v1/webhooks"+test.path, test.body, "X-API-Key", "admin"), 422)
			var fields []string
			for _, each := range got.Errors {
				fields = append(fields, each.Location)
			}
			require.Subset(t, fields, test.fields, got.Detail)
		})
	}
	problemOf(t, call(handler, "POST", "/latch/v1/webhooks", "{", "X-API-Key", "admin"), 400)
	for _, route := range []struct{ method, path, body string }{
		{"POST", "", auditHook}, {"PUT", "/audit", auditHook}, {"DELETE", "/audit", ""}, {"POST", "/audit/enable", ""}, {"POST", "/audit/disable", ""},
	} {
		problemOf(t, call(handler, route.method, "/latch/v1/webhooks"+route.path, route.body, "X-API-Key", "run"), 403)
	}
	require.Empty(t, f.schedules.kept)
}
