package api_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/api/apitest"
)

// previewOf asks for the preview of a registered webhook.
func previewOf(t *testing.T, webhook string) api.WebhookPreview {
	t.Helper()
	parsed, err := api.ParseKeys(apitest.Keys)
	require.NoError(t, err)
	handler := apitest.New(t, untouched(t), api.Options{Keys: parsed, FQDN: "stage.example", PublicURL: "https://latch.example"})
	got := apitest.Call(handler, "POST", "/latch/v1/webhooks/preview", `{"webhook":`+webhook+`}`, "X-API-Key", "admin")
	require.Equal(t, 200, got.Code, got.Body)
	var preview api.WebhookPreview
	require.NoError(t, json.Unmarshal(got.Body.Bytes(), &preview))
	require.True(t, preview.Run.MadeUp)
	return preview
}

func pathsOf(found []api.Warning) []string {
	paths := []string{}
	for _, each := range found {
		paths = append(paths, each.Path)
	}
	return paths
}

// A preview shows each event's request with the names of secrets, and the values of
// the variables. It asks Temporal nothing.
func TestAPreviewOfARegisteredWebhook(t *testing.T) {
	t.Parallel()
	preview := previewOf(t, `{"id": "board", "url": "https://board.example/x?token=s3cret", "secret": "tower",
		"header_secrets": {"X-Key": "key"},
		"body": "{\"host\": \"${system.fqdn}\", \"id\": \"${job.id}\"}",
		"events": [{"event": "JOB_SUCCESS"}, {"event": "BEFORE_RELEASE", "blocking": true,
			"body": {"lock": "${lock_url}"}}, {"event": "SHIPPED", "enabled": false, "body": "{}"}]}`)
	require.Empty(t, preview.Errors)
	require.Len(t, preview.Events, 3)
	first, second := preview.Events[0], preview.Events[1]
	require.Empty(t, first.Errors)
	require.Equal(t, "https://board.example/x?token=***", first.Request.URL)
	require.Equal(t, `{"secret":"[secret tower]","host": "stage.example", "id": "test"}`, first.Request.Body)
	require.Equal(t, "[secret key]", first.Request.Headers["X-Key"])
	require.JSONEq(t, `"JOB_SUCCESS"`, string(first.Variables["event"]))
	require.Contains(t, string(first.Variables["job"]), `"returncode":0`)
	require.Contains(t, second.Request.Body, `"lock":"https://latch.example/locks/release-test:board:`)
	require.NotContains(t, string(apitest.Encode(t, preview)), "s3cret")
}

// The preview of an invalid webhook shows its valid parts, and all problems with their paths.
func TestAPreviewOfAWrongWebhook(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		webhook string
		paths   []string
		body    string
		errors  []string
	}{
		"wrong beside the body": {`{"id": "a", "url": "ftp://a", "timeout": "soon", "retry": 3, "event": "JOB_START",
			"body": "{\"n\": ${job.id}}"}`,
			[]string{"url", "timeout", "retry"}, `{"n": "test"}`, nil},
		"a body that does not compile": {`{"id": "a", "url": "https://a.example/", "event": "JOB_START",
			"body": "{\"n\": ${job.}"}`, []string{"body"}, "", nil},
		"the body of an event": {`{"id": "a", "url": "https://a.example/", "events": [{"event": "JOB_START",
			"body": "${vars.nothing}", "when": "1 +"}]}`,
			[]string{"events[0].when"}, "", []string{"events[0].body"}},
		"a variable that is not there": {`{"id": "a", "url": "https://a.example/${job.nothing}", "event": "JOB_START",
			"body": "{}"}`, nil, `{}`, []string{"url"}},
		"no url": {`{"id": "a", "event": "JOB_START", "body": "{\"a\": 1}"}`, []string{"url"}, `{"a": 1}`, nil},
		"an unknown key": {`{"id": "a", "url": "https://a.example/", "event": "JOB_START", "body": "{}",
			"bdy": 1}`, []string{"bdy"}, `{}`, nil},
		"a secret that is no name": {`{"id": "a", "url": "https://a.example/", "event": "JOB_START", "body": "{}",
			"secret": "no name"}`, []string{"secret"}, `{}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			preview := previewOf(t, c.webhook)
			require.Subset(t, pathsOf(preview.Errors), c.paths)
			require.Len(t, preview.Events, 1)
			require.Equal(t, c.body, preview.Events[0].Request.Body)
			require.Subset(t, pathsOf(preview.Events[0].Errors), c.errors)
			require.Len(t, preview.Events[0].Errors, len(c.errors))
		})
	}
	require.Empty(t, previewOf(t, `{"url": "https://a.example/"}`).Events)
	require.Empty(t, previewOf(t, `{"events": [1], "id": 5}`).Events)
	require.Contains(t, pathsOf(previewOf(t, `{"id": "a", "url": "https://a.example/", "event": "JOB_START",
		"body": "${job.titel}"}`).Warnings), "body")
}

// The size of a preview is bounded.
func TestAPreviewIsBounded(t *testing.T) {
	t.Parallel()
	var named []string
	for i := range 100 {
		named = append(named, fmt.Sprintf(`{"event": "E%d"}`, i))
	}
	events := strings.Join(named, ",")
	preview := previewOf(t, `{"id": "a", "url": "https://a.example/", "content_type": "text/plain",
		"body": "`+strings.Repeat("x", 100_000)+`", "events": [`+events+`]}`)
	require.Len(t, preview.Events, 20)
	require.Len(t, preview.Events[0].Request.Body, 64<<10)
	require.True(t, preview.Events[0].Request.Cut)
}

// A preview refuses invalid bodies.
func TestAPreviewTakesAWebhook(t *testing.T) {
	t.Parallel()
	handler := apitest.WithKeys(t, untouched(t))
	for body, status := range map[string]int{`{`: 400, `{"webhoook": {}}`: 422, `{"webhook": 3}`: 422} {
		require.Equal(t, status, apitest.Call(handler, "POST", "/latch/v1/webhooks/preview", body, "X-API-Key", "admin").Code, body)
	}
}
