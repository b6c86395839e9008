package console_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A user who deletes, enables or disables a webhook that somebody else has changed since sees
// the current version, and nothing is done.
func TestTheSecondOfTwoWhoChangeAWebhookIsToldWhateverTheChange(t *testing.T) {
	t.Parallel()
	base := serve(t, newWorld(), keys)
	ann, ben := loggedIn(t, base, adminKey), loggedIn(t, base, adminKey)
	ann.withJob(`{"id": 7, "title": "Shop", "type": "cmd", "conf": {"cmd": "true"}}`)
	require.Equal(t, 201, ann.api("POST", "/v2/jobs/7/webhooks", `{"url": "https://a.example/", "event_type": "JOB_START"}`).status)
	ann.register(tower)
	for path, route := range map[string]string{"/console/webhooks/tower": "/latch/v1/webhooks/tower",
		"/console/jobs/7/webhooks/700001": "/webhooks/700001"} {
		before := ben.fill(path)
		asked := ben.press(path, "delete", before)
		require.Contains(t, asked.body, "Yes: delete it")
		require.Equal(t, 200, ann.press(path, "save", ann.fill(path, "url", "https://ann.example/")).status)
		for _, button := range []string{"delete", "confirm-delete"} {
			got := ben.press(path, button, before)
			require.Equal(t, 412, got.status, button)
			require.Contains(t, got.body, "Somebody else has changed this webhook")
			require.Contains(t, got.body, "https://ann.example/")
			require.Equal(t, before.Get("url"), typed(t, got.body).Get("url"))
		}
		require.Equal(t, 200, ben.api("GET", route, "").status)
		ben.press(path, "confirm-delete", ben.fill(path))
		require.Equal(t, 404, ben.api("GET", route, "").status)
	}
}

// switchOf returns the form that enables or disables a webhook of the list.
func switchOf(t *testing.T, page, id string) map[string][]string {
	t.Helper()
	for _, form := range strings.Split(page, "<form ")[1:] {
		if strings.Contains(form, `name="id" value="`+id+`"`) {
			return typed(t, `<form id="webhook" `+form)
		}
	}
	require.Fail(t, "no such form", page)
	return nil
}

func TestTheListTellsOfAWebhookThatWasChanged(t *testing.T) {
	t.Parallel()
	p := loggedIn(t, serve(t, newWorld(), keys), adminKey)
	// Additional fields in the webhook's JSON must not change the list's version.
	p.register(`{"id": "odd", "url": "https://x.example/?a=<&>", "body": {"n": 1.10, "z": "<\u2028>", "a": 1e3},
		"timeout": "90s", "headers": {"X-A": "&"},
		"events": [{"event": "JOB_START", "body": [ 1 , "é" ]}], "retry": {"maximum_attempts": 3}}`)
	list := p.get("/console/webhooks")
	require.Equal(t, 200, p.press("/console/webhooks/odd", "save", p.fill("/console/webhooks/odd", "timeout", "80s")).status)
	got := p.press("/console/webhooks", "disable", switchOf(t, list.body, "odd"))
	require.Equal(t, 412, got.status)
	require.Contains(t, got.body, "Somebody else has changed the webhook odd")
	require.Contains(t, p.api("GET", "/latch/v1/webhooks/odd", "").body, `"1m20s"`)
	got = p.press("/console/webhooks", "disable", switchOf(t, got.body, "odd"))
	require.Contains(t, got.body, "The webhook odd is disabled.", got.body)
}

// A registered webhook may have any id, that of a word of this console's paths too.
func TestAWebhookWhoseIDIsNewHasAPage(t *testing.T) {
	t.Parallel()
	p := loggedIn(t, serve(t, newWorld(), keys), adminKey)
	p.register(strings.Replace(tower, `"tower"`, `"new"`, 1))
	got := p.get("/console/webhooks/new")
	require.Contains(t, got.body, "<h1>Webhook new</h1>")
	require.Equal(t, "https://hooks.example.com/x", typed(t, got.body).Get("url"))
	require.Contains(t, p.get("/console/webhooks").body, "console/new-webhook")
}

// A browser sends CRLF for each line end. A field that was not edited stays the same to the
// byte. An edited one has LF.
func TestLineEndsStayAsTheyWere(t *testing.T) {
	t.Parallel()
	p := loggedIn(t, serve(t, newWorld(), keys), adminKey)
	const path, route = "/console/webhooks/lines", "/latch/v1/webhooks/lines"
	p.register(`{"id": "lines", "url": "https://x.example/", "content_type": "text/plain", "body": "\r\nfirst\r\nlast\r",
		"when": "true // always\r\n|| false", "events": [{"event": "JOB_START", "when": "true\n|| false"},
		{"event": "JOB_SUCCESS", "body": "a\rb\nc\r\nd"}]}`)
	before := withoutTimes(p.api("GET", route, "").body)
	got := p.press(path, "save", p.fill(path))
	require.Equal(t, 200, got.status, got.body)
	require.Equal(t, before, withoutTimes(p.api("GET", route, "").body))

	form := p.fill(path, "event-0-event", "", "event-0-when", "", "body", "first\r\nnew\r\n")
	require.Equal(t, 200, p.press(path, "save", form).status)
	var kept struct {
		Body   string
		Events []struct{ Event, Body string }
	}
	require.NoError(t, json.Unmarshal([]byte(p.api("GET", route, "").body), &kept))
	require.Equal(t, "first\nnew\n", kept.Body, "what was typed")
	require.Len(t, kept.Events, 1)
	require.Equal(t, "a\rb\nc\r\nd", kept.Events[0].Body, "an event that moved up")
}

// A registered webhook is enabled and disabled on its own page too, which shows the secret's
// name and links to its deliveries.
func TestARegisteredWebhooksOwnPage(t *testing.T) {
	t.Parallel()
	base := serve(t, newWorld(), keys)
	p, eye := loggedIn(t, base, adminKey), loggedIn(t, base, readKey)
	p.register(tower)
	const path = "/console/webhooks/tower"
	stale := switchOf(t, p.get(path).body, "tower")
	got := p.press(path, "disable", switchOf(t, p.get(path).body, "tower"))
	require.Equal(t, path, got.path)
	require.Contains(t, got.body, "The webhook tower is disabled.")
	require.Contains(t, got.body, "Enable the webhook")
	require.Equal(t, 412, p.press(path, "enable", stale).status)
	require.Contains(t, p.press(path, "enable", switchOf(t, p.get(path).body, "tower")).body, "The webhook tower is enabled.")
	require.Contains(t, got.body, "<code>tower-secret</code>")
	require.Contains(t, got.body, `href="../../console/deliveries?webhook=tower"`)
	require.NotContains(t, eye.get(path).body, "Disable the webhook")

	p.withJob(`{"id": 7, "title": "Shop", "type": "cmd", "conf": {"cmd": "true"}}`)
	require.Equal(t, 201, p.api("POST", "/v2/jobs/7/webhooks", `{"url": "https://a.example/", "event_type": "JOB_START"}`).status)
	require.Contains(t, p.get("/console/jobs/7/webhooks/700001").body, `href="../../../../console/deliveries?job=7&amp;webhook=700001"`)
}
