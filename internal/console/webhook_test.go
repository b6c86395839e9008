package console_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// documentBody is the body of the document's complete example.
const documentBody = "{\n  \"text\": \"Job Complete!: ${system['fqdn']} - ${job['title']}" +
	"\\nhttps://${system['fqdn']}/#!/job/${job['id']}\"\n}"

// withJob registers a job by the API.
func (p *person) withJob(job string) {
	p.Helper()
	got := p.send("POST", "/v2/jobs", job, "Content-Type", "application/json", "X-API-Key", adminKey)
	require.Equal(p, 201, got.status, got.body)
}

// api asks the API.
func (p *person) api(method, path, body string) seen {
	p.Helper()
	return p.send(method, path, body, "Content-Type", "application/json", "X-API-Key", adminKey, "Accept", "application/json")
}

var (
	inputs    = regexp.MustCompile(`<input [^>]*name="([^"]+)"[^>]*>`)
	value     = regexp.MustCompile(` value="([^"]*)"`)
	textAreas = regexp.MustCompile(`(?s)<textarea [^>]*name="([^"]+)"[^>]*>\n(.*?)</textarea>`)
	selects   = regexp.MustCompile(`(?s)<select [^>]*name="([^"]+)"[^>]*>(.*?)</select>`)
	selected  = regexp.MustCompile(`<option value="([^"]*)" selected>`)
)

// browserLines sends line ends as browsers do.
var browserLines = strings.NewReplacer("\r\n", "\r\n", "\r", "\r\n", "\n", "\r\n")

// typed reads the form of a webhook's page as a browser would send it.
func typed(t *testing.T, page string) url.Values {
	t.Helper()
	_, page, found := strings.Cut(page, `<form id="webhook"`)
	require.True(t, found, page)
	page, _, _ = strings.Cut(page, "</form>")
	form := url.Values{}
	for _, input := range inputs.FindAllStringSubmatch(page, -1) {
		if !strings.Contains(input[0], "checkbox") || strings.Contains(input[0], " checked") {
			form.Set(input[1], html.UnescapeString(value.FindStringSubmatch(input[0])[1]))
		}
	}
	for _, area := range textAreas.FindAllStringSubmatch(page, -1) {
		form.Set(area[1], browserLines.Replace(html.UnescapeString(area[2])))
	}
	for _, choice := range selects.FindAllStringSubmatch(page, -1) {
		form.Set(choice[1], "")
		if chosen := selected.FindStringSubmatch(choice[2]); chosen != nil {
			form.Set(choice[1], html.UnescapeString(chosen[1]))
		}
	}
	return form
}

// stay follows no redirect.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// fill opens a webhook's page and returns its form, with fields and their values
// in turn.
func (p *person) fill(path string, fields ...string) url.Values {
	p.Helper()
	got := p.get(path)
	require.Equal(p, 200, got.status, got.body)
	form := typed(p.T, got.body)
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return form
}

// press sends a form by one of its buttons.
func (p *person) press(path, button string, form url.Values) seen {
	p.Helper()
	form.Set("action", button)
	return p.post(path, form)
}

// The form of the document, with the body of its own example: the typed text is saved, and
// shown again as it was typed.
func TestTheDocumentsWebhookIsAddedByItsForm(t *testing.T) {
	t.Parallel()
	p := loggedIn(t, serve(t, newWorld(), keys), adminKey)
	p.withJob(`{"id": 22739, "title": "Webhooks!", "type": "cmd", "conf": {"cmd": "true"}}`)
	p.browser.CheckRedirect = stay
	got := p.press("/console/jobs/22739/webhooks/new", "save", p.fill("/console/jobs/22739/webhooks/new", "url",
		"https://hooks.slack.example/T/B/x",
		"event-0-event", "JOB_COMPLETE", "content_type", "application/json", "body", documentBody))
	require.Equal(t, 303, got.status, got.body)
	require.Equal(t, "../../../../console/jobs/22739", got.header.Get("Location"))
	list := p.api("GET", "/v2/jobs/22739/webhooks", "").body
	require.Contains(t, list, `"event_type":"JOB_COMPLETE"`)
	require.Contains(t, list, `"body":"{\n  \"text\": \"Job Complete!: ${system['fqdn']} - ${job['title']}\\nhttps://`)
	require.Contains(t, list, `"id":2273900001`)

	require.Contains(t, p.get("/console/jobs/22739/webhooks/2273900001").body, "<code>${system.fqdn}</code>", "variables are offered by name")
	form := p.fill("/console/jobs/22739/webhooks/2273900001")
	require.Equal(t, strings.ReplaceAll(documentBody, "\n", "\r\n"), form.Get("body"))
	require.Equal(t, "JOB_COMPLETE", form.Get("event-0-event"))
	require.Equal(t, "true", form.Get("enabled"))
	form.Del("enabled")
	form.Set("method", "PUT")
	require.Equal(t, 303, p.press("/console/jobs/22739/webhooks/2273900001", "save", form).status)
	list = p.api("GET", "/v2/jobs/22739/webhooks", "").body
	require.Contains(t, list, `"enabled":false`)
	require.Contains(t, list, `"method":"PUT"`)

	require.Equal(t, 412, p.press("/console/jobs/22739/webhooks/2273900001", "delete", form).status, "it was changed since")
	form = p.fill("/console/jobs/22739/webhooks/2273900001")
	require.Contains(t, p.press("/console/jobs/22739/webhooks/2273900001", "delete", form).body, "Yes: delete it")
	require.Equal(t, 303, p.press("/console/jobs/22739/webhooks/2273900001", "confirm-delete", form).status)
	require.Equal(t, "[]", strings.TrimSpace(p.api("GET", "/v2/jobs/22739/webhooks", "").body))
	require.Equal(t, 404, p.get("/console/jobs/22739/webhooks/2273900001").status)
}

// register registers a webhook by the API.
func (p *person) register(webhook string) {
	p.Helper()
	got := p.api("POST", "/latch/v1/webhooks", webhook)
	require.Equal(p, 201, got.status, got.body)
}

const tower = `{"id": "tower", "url": "https://hooks.example.com/x", "secret": "tower-secret",
	"headers": {"X-Team": "shop"}, "body": {"n": 1.10},
	"events": [{"event": "BEFORE_RELEASE", "blocking": true, "lock_timeout": "2h0m0s", "on_timeout": "continue"},
		{"event": "BEFORE_RELEASE_COMPLETE", "enabled": false, "stop_release": "history.data.stop_release == true",
			"body": "{\"done\": \"${release.id}\"}"}],
	"when": "release.id != '1'", "enforced": true}`

// A registered webhook that is opened and saved stays the same: each event with its settings,
// keys without a field, and the digits of numbers.
func TestARegisteredWebhookStaysAsItIs(t *testing.T) {
	t.Parallel()
	p := loggedIn(t, serve(t, newWorld(), keys), adminKey)
	p.register(tower)
	before := withoutTimes(p.api("GET", "/latch/v1/webhooks/tower", "").body)
	form := p.fill("/console/webhooks/tower")
	require.Equal(t, "BEFORE_RELEASE_COMPLETE", form.Get("event-1-event"))
	require.Equal(t, "true", form.Get("event-0-blocking"))
	require.Empty(t, form.Get("event-1-enabled"))
	require.Contains(t, form.Get("headers"), "X-Team")
	got := p.press("/console/webhooks/tower", "save", form)
	require.Equal(t, "/console/webhooks", got.path, got.body)
	require.Contains(t, got.body, "The webhook is saved")
	require.Contains(t, got.body, "BEFORE_RELEASE (blocking), BEFORE_RELEASE_COMPLETE")
	require.Equal(t, before, withoutTimes(p.api("GET", "/latch/v1/webhooks/tower", "").body))
}

// An event whose fields are emptied goes, and one that is typed into the room for
// another comes.
func TestEventsComeAndGo(t *testing.T) {
	t.Parallel()
	p := loggedIn(t, serve(t, newWorld(), keys), adminKey)
	p.register(tower)
	form := p.fill("/console/webhooks/tower", "event-2-event", "AFTER_STEP", "event-2-when", "step.name == 'x'",
		"event-0-event", "", "event-0-lock_timeout", "",
		"event-0-on_timeout", "", "event-0-blocking", "")
	form.Del("event-0-blocking")
	more := typed(t, p.press("/console/webhooks/tower", "more", form).body)
	require.Equal(t, "AFTER_STEP", more.Get("event-1-event"), "the first is gone, and the others moved up")
	require.Contains(t, more, "event-2-event", "there is room for another")
	require.Equal(t, 200, p.press("/console/webhooks/tower", "save", more).status)
	kept := p.api("GET", "/latch/v1/webhooks/tower", "").body
	require.Contains(t, kept, `{"event":"AFTER_STEP","when":"step.name == 'x'"}`)
	require.NotContains(t, kept, `"BEFORE_RELEASE"`)
	require.Contains(t, kept, `"event":"BEFORE_RELEASE_COMPLETE","enabled":false`)
}

var times = regexp.MustCompile(`"(created|updated)_at":"[^"]*",?`)

func withoutTimes(body string) string { return times.ReplaceAllString(body, "") }

// If two users edit the same webhook, the second one sees both versions, and may then overwrite
// the first one's.
func TestTheSecondOfTwoWhoEditAWebhookIsTold(t *testing.T) {
	t.Parallel()
	base := serve(t, newWorld(), keys)
	ann, ben := loggedIn(t, base, adminKey), loggedIn(t, base, adminKey)
	ann.register(tower)
	ann.withJob(`{"id": 7, "title": "Shop", "type": "cmd", "conf": {"cmd": "true"}}`)
	require.Equal(t, 201, ann.api("POST", "/v2/jobs/7/webhooks", `{"url": "https://a.example/", "event_type": "JOB_START"}`).status)
	for path, route := range map[string]string{"/console/webhooks/tower": "/latch/v1/webhooks/tower",
		"/console/jobs/7/webhooks/700001": "/webhooks/700001"} {
		first, second := ann.fill(path, "url", "https://first.example/"), ben.fill(path, "url", "https://second.example/", "body", `{"mine": 1}`)
		ann.browser.CheckRedirect, ben.browser.CheckRedirect = stay, stay
		require.Equal(t, 303, ann.press(path, "save", first).status)
		got := ben.press(path, "save", second)
		require.Equal(t, 412, got.status, got.body)
		require.Contains(t, got.body, "Somebody else has changed this webhook")
		require.Contains(t, got.body, "https://first.example/")
		again := typed(t, got.body)
		require.Equal(t, "https://second.example/", again.Get("url"))
		require.Equal(t, `{"mine": 1}`, again.Get("body"))
		require.NotContains(t, ben.api("GET", route, "").body, "second.example")
		again.Del("body_json")
		require.Equal(t, 303, ben.press(path, "save", again).status)
		require.Contains(t, ben.api("GET", route, "").body, "second.example")
		ann.browser.CheckRedirect, ben.browser.CheckRedirect = nil, nil
	}
}

// Problems are shown beside their fields, and no typed text is lost.
func TestAWrongWebhookShowsWhatIsWrongBesideItsFields(t *testing.T) {
	t.Parallel()
	p := loggedIn(t, serve(t, newWorld(), keys), adminKey)
	p.withJob(`{"id": 7, "title": "Shop", "type": "cmd", "conf": {"cmd": "true"}}`)
	for _, path := range []string{"/console/new-webhook", "/console/jobs/7/webhooks/new"} {
		form := p.fill(path, "url", "ftp://x", "body", "${job.", "event-0-event", "JOB_SUCCESS", "event-0-when",
			"1 +", "event-0-lock_timeout", "soon",
			"rest", "retry: {maximum_attempts: -1}", "timeout", "<later>")
		got := p.press(path, "save", form)
		require.Equal(t, 422, got.status, got.body)
		for _, field := range []string{"url", "timeout", "event-0-when", "event-0-lock_timeout"} {
			require.Contains(t, got.body, `id="webhook-`+field+`-error"`, "%s %s", path, field)
		}
		after := typed(t, got.body)
		for name := range form {
			if name != "action" && name != "form" && name != "events" {
				require.Equal(t, form.Get(name), after.Get(name), "%s %s", path, name)
			}
		}
	}
	got := p.press("/console/new-webhook", "save", p.fill("/console/new-webhook", "id", "x", "url", "https://x.example/"))
	require.Contains(t, got.body, `id="webhook-event-0-event-error"`)
	got = p.press("/console/new-webhook", "save", p.fill("/console/new-webhook", "rest", "a: [\nb", "body", "{", "body_json", "true"))
	require.Contains(t, got.body, "is neither JSON nor YAML: no valid YAML: line 2")
	require.Contains(t, got.body, "is not JSON")
	got = p.press("/console/new-webhook", "save", p.fill("/console/new-webhook", "rest", "url: https://x.example/"))
	require.Contains(t, got.body, "has a field of its own in this form")
}

// External content and typed text are shown as text in every field.
func TestHostileTextsInAWebhook(t *testing.T) {
	t.Parallel()
	p := loggedIn(t, serve(t, newWorld(), keys), adminKey)
	p.withJob(`{"id": "</title><script>alert(1)</script>", "title": "Shop", "type": "cmd", "conf": {"cmd": "true"}}`)
	const hostile = `"></textarea></option><script>alert(1)</script><img src=x onerror=alert(1)>`
	for _, path := range []string{"/console/new-webhook", "/console/jobs/%3C%2Ftitle%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E/webhooks/new"} {
		form := p.fill(path)
		for name := range form {
			if name != "form" && name != "events" {
				form.Set(name, hostile)
			}
		}
		for _, button := range []string{"save", "more", "preview", "test", hostile} {
			got := p.press(path, button, form)
			require.NotContains(t, got.body, "<script>alert", button)
			require.NotContains(t, got.body, "<img src", button)
		}
	}
}

// Who may read sees a webhook and no button; who may not change it is refused.
func TestRolesOfWebhooks(t *testing.T) {
	t.Parallel()
	base := serve(t, newWorld(), keys)
	ann, eye := loggedIn(t, base, adminKey), loggedIn(t, base, readKey)
	ann.register(tower)
	got := eye.get("/console/webhooks/tower")
	require.Equal(t, 200, got.status)
	require.NotContains(t, got.body, `value="save"`)
	require.Contains(t, got.body, "may look at this webhook")
	require.Equal(t, 403, eye.get("/console/new-webhook").status)
	require.NotContains(t, eye.get("/console/webhooks").body, "New webhook")
	form := typed(t, got.body)
	for _, button := range []string{"save", "delete", "confirm-delete"} {
		require.Equal(t, 403, eye.press("/console/webhooks/tower", button, form).status, button)
	}
	list := url.Values{"form": {eye.proof("/console/webhooks/tower")}, "id": {"tower"}}
	require.Equal(t, 403, eye.press("/console/webhooks", "disable", list).status)
	list.Set("form", ann.proof("/console/webhooks"))
	require.Contains(t, ann.press("/console/webhooks", "disable", list).body, "The webhook tower is disabled.")
	require.Contains(t, ann.press("/console/webhooks", "enable", list).body, "The webhook tower is enabled.")
}
