package console_test

import (
	"html"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// previewed returns the preview on a webhook's page.
func previewed(t *testing.T, page string) string {
	t.Helper()
	_, shown, found := strings.Cut(page, `id="preview-shown"`)
	require.True(t, found, page)
	return html.UnescapeString(shown)
}

// The body of the document's example is rendered with the job's last run, and the
// variables are offered with its values. Nothing is saved.
func TestTheDocumentsWebhookIsPreviewed(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.ran("22739", latch.JobResult{Status: latch.JobFailed, Error: "no space left on <disk>",
		KVP: latch.Object{"rows": []byte(`17`), "a b": []byte(`"x"`)}})
	p := loggedIn(t, serve(t, w, keys), adminKey)
	p.withJob(`{"id": 22739, "title": "Webhooks!", "type": "cmd", "conf": {"cmd": "true"}}`)
	const path = "/console/jobs/22739/webhooks/new"
	form := p.fill(path, "url", "https://hooks.slack.example/T/B/x", "event-0-event", "JOB_COMPLETE", "body", documentBody, "secret", "tower")
	got := p.press(path, "preview", form)
	require.Equal(t, 200, got.status)
	shown := previewed(t, got.body)
	require.Contains(t, got.body, `role="status">Nothing is wrong.`)
	require.Contains(t, shown, `"text": "Job Complete!:  - Webhooks!\nhttps:///#!/job/22739"`)
	require.Contains(t, shown, `"secret":"[secret tower]"`)
	require.Contains(t, shown, "Webhook-Signature: [signature with the secret tower]")
	require.Contains(t, shown, "POST https://hooks.slack.example/")
	require.Contains(t, shown, "The last run of the job, job-22739")
	for variable, value := range map[string]string{"job.title": "Webhooks!", "job.status.returncode": "1",
		"job.status.error": "no space left on <disk>",
		"job.status.kvp":   `{"a b":"x","rows":17}`, "system['database.version']": latch.Version} {
		require.Contains(t, shown, "<code>${"+variable+`}</code></td><td role="cell" data-label="Value"><code>`+value, variable)
	}
	after := typed(t, got.body)
	for name := range form {
		if name != "action" && name != "events" {
			require.Equal(t, strings.ReplaceAll(form.Get(name), "\r", ""), strings.ReplaceAll(after.Get(name), "\r", ""), name)
		}
	}
	require.Equal(t, "[]", strings.TrimSpace(p.api("GET", "/v2/jobs/22739/webhooks", "").body))
	require.Contains(t, previewed(t, p.get("/console/jobs/22739/webhooks/new").body), "</section>")
}

// A webhook's page shows at once what it would send, and no problems before something was
// typed.
func TestAWebhooksPageBeginsWithItsPreview(t *testing.T) {
	t.Parallel()
	base := serve(t, newWorld(), keys)
	p, eye := loggedIn(t, base, adminKey), loggedIn(t, base, readKey)
	p.register(tower)
	got := p.get("/console/webhooks/tower")
	shown := previewed(t, got.body)
	require.Contains(t, shown, "A run that is made up")
	require.Contains(t, shown, "<h3>At BEFORE_RELEASE</h3>")
	require.Contains(t, shown, `"done": "test"`)
	require.Contains(t, shown, "X-Team: shop")
	for _, path := range []string{"/console/webhooks/tower", "/console/new-webhook"} {
		require.NotContains(t, p.get(path).body, `class="error"`)
		require.NotContains(t, p.get(path).body, "notice bad")
	}
	got = eye.get("/console/webhooks/tower")
	require.NotContains(t, got.body, "preview-shown", "whoever may not change it has none")
	require.Contains(t, got.body, "${system}")
	require.Equal(t, 403, eye.press("/console/webhooks/tower", "preview", typed(t, got.body)).status)
}

// A body that is not JSON, and other unreadable keys, are reported with all other problems,
// each beside its field, by the preview and when it is saved.
func TestAllThatIsWrongIsToldAtOnce(t *testing.T) {
	t.Parallel()
	p := loggedIn(t, serve(t, newWorld(), keys), adminKey)
	p.withJob(`{"id": 7, "title": "Shop", "type": "cmd", "conf": {"cmd": "true"}}`)
	for _, path := range []string{"/console/new-webhook", "/console/jobs/7/webhooks/new"} {
		form := p.fill(path, "url", "ftp://x", "body", "{", "body_json", "true", "timeout", "soon", "rest", "a: [\nb",
			"event-0-event", "JOB_SUCCESS", "event-0-when", "1 +", "event-0-body", "}", "event-0-body_json", "true")
		for button, status := range map[string]int{"preview": 200, "save": 422} {
			got := p.press(path, button, form)
			require.Equal(t, status, got.status)
			for _, field := range []string{"url", "timeout", "event-0-when", "body", "rest", "event-0-body"} {
				require.Contains(t, got.body, `id="webhook-`+field+`-error"`, "%s: %s", path, field)
				require.Contains(t, got.body, `href="#webhook-`+field+`"`, "%s: %s", path, field)
			}
			require.Equal(t, "a: [\nb", strings.ReplaceAll(typed(t, got.body).Get("rest"), "\r", ""))
		}
		form = p.fill(path, "url", "https://x.example/", "event-0-event", "JOB_SUCCESS", "body", "${job.nothing}",
			"retry.maximum_attempts", "-1", "rest", "poll: {sooner: 1}")
		got := html.UnescapeString(p.press(path, "preview", form).body)
		require.Contains(t, got, `href="#webhook-retry.maximum_attempts"`)
		require.Regexp(t, `id="webhook-retry.maximum_attempts-error">[^<]*-1`, got)
		require.Regexp(t, `id="webhook-rest-error">[^<]*poll.sooner`, got, "a key without a field of its own")
		require.Regexp(t, `id="webhook-body-error">[^<]*nothing`, got, "what only a run finds")
	}
	got := p.press("/console/new-webhook", "preview", p.fill("/console/new-webhook", "id", "x", "rest",
		"url_secret: [", "event-0-event", "JOB_START"))
	require.NotContains(t, got.body, `id="webhook-url-error"`, "the URL may be in what cannot be read")
}

// A probable mistake is reported with its path.
func TestWarningsOfAWebhook(t *testing.T) {
	t.Parallel()
	p := loggedIn(t, serve(t, newWorld(), keys), adminKey)
	p.withJob(`{"id": 7, "title": "Shop", "type": "cmd", "conf": {"cmd": "true"}}`)
	for _, path := range []string{"/console/new-webhook", "/console/jobs/7/webhooks/new"} {
		got := p.press(path, "preview", p.fill(path, "id", "w", "url", "https://x.example/", "event-0-event",
			"JOB_START", "body", "${job.titel}"))
		require.Contains(t, got.body, "One thing is wrong. One thing is probably a mistake.", path)
		require.Contains(t, got.body, `<a href="#webhook-body">Body</a>: `, path)
	}
}

// External content in the preview is shown as text too: titles, results, keys.
func TestHostileTextsInAPreview(t *testing.T) {
	t.Parallel()
	const hostile = `"></pre></code><script>alert(1)</script><img src=x onerror=alert(1)>${'`
	w := newWorld()
	w.ran("7", latch.JobResult{Status: latch.JobFailed, Error: hostile,
		KVP: latch.Object{hostile: []byte(`{"` + strings.ReplaceAll(hostile, `"`, `\"`) + `": 1}`)}})
	p := loggedIn(t, serve(t, w, keys), adminKey)
	p.withJob(`{"id": 7, "title": "` + strings.ReplaceAll(hostile, `"`, `\"`) + `", "type": "cmd", "conf": {"cmd": "true"}}`)
	const path = "/console/jobs/7/webhooks/new"
	form := p.fill(path, "url", "https://x.example/?a=<script>alert(1)</script>", "event-0-event", "JOB_FAILURE", "content_type", "text/plain",
		"body", "${job.title} ${job.status.error} ${job.status.kvp} <script>alert(1)</script>", "rest",
		`{"headers": {"X-A": "<script>alert(1)</script>"}}`)
	got := p.press(path, "preview", form)
	require.Contains(t, previewed(t, got.body), "onerror=alert(1)", "it is shown")
	require.NotContains(t, got.body, "<script>alert")
	require.NotContains(t, got.body, "<img src")
	form.Set("event-0-event", hostile)
	require.NotContains(t, p.press(path, "preview", form).body, "<script>alert")
}
