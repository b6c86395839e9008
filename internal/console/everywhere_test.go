package console_test

import (
	"encoding/json"
	"net/http/cookiejar"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"golang.org/x/net/html"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/console"
	"github.com/latch-run/latch/internal/console/piece/piecetest"
	"github.com/latch-run/latch/internal/runs/runstest"
)

// everywhere creates a world in which each page has content, with the text in every place that
// others can write. It returns the address of each page.
func everywhere(t *testing.T, text string) (w *world, base string, addresses map[string]string) {
	t.Helper()
	w = newWorld()
	w.ran("night", latch.JobResult{Status: latch.JobFailed, Error: text, KVP: latch.Object{text: quoted(t, text)}})
	closed := w.Add("release-closed", latch.WorkflowRelease, enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED)
	closed.Closed = runstest.Completed(runstest.Payloads(latch.ReleaseResult{ID: text, Title: text, Status: latch.ReleaseStopped, Reason: text,
		DecidedBy: &latch.DecidedBy{Webhook: text, Event: text, By: text}, Steps: []latch.StepResult{{Name: "migrate",
			Status: latch.StepFailed, Error: text}}}))
	closed.StartedWith(`{"id":"closed","steps":` + steps + `}`)
	closed.Answer = func(query string) (any, error) {
		if query == latch.QueryHistory {
			return []latch.Record{hostileRecord(text)}, nil
		}
		return latch.Status{ID: "closed", Title: text, Status: latch.ReleaseStopped, Rejected: []latch.Rejected{{Name: text, Error: text}}}, nil
	}
	w.audited(latch.AuditEntry{Action: latch.AuditReleaseStop, Outcome: latch.AuditRefused, Error: text, Via: text,
		By: text, IdentifiedBy: text, Role: text,
		Groups: []string{text}, Remote: text, Target: text, WorkflowID: text, RunID: text, Webhook: text, Event: text, Step: text, Result: text, Reason: text})
	w.asks("4711", text)
	w.decidedGate("4712", text)
	w.goes(t, "1", text)
	run := w.Runs[len(w.Runs)-1]
	run.PausesAt(latch.PausedStep{Release: text, Title: text, Step: text, Error: text, Since: latch.NewTime(noon)})
	status := run.Answer
	runID := run.Info.GetExecution().GetRunId()
	run.Answer = func(query string) (any, error) {
		if query != latch.QueryHistory {
			return status(query)
		}
		record := hostileRecord(text)
		record.DeliveryID, record.WorkflowID, record.RunID, record.Release = "dlv_1", "release-1", runID, "1"
		waits := record
		waits.DeliveryID, waits.Result, waits.Decision, waits.Lock = "dlv_2", latch.ResultPending, "",
			&latch.RecordLock{Token: "release-1:board:r4nd0m"}
		return []latch.Record{record, waits}, nil
	}
	base = serve(t, w, keys)
	p := visitor(t, base)
	for _, job := range []map[string]any{
		{"id": "night", "title": text, "type": "cmd", "conf": map[string]any{"cmd": "true"}, "tags": []string{text, text + "2"},
			"schedule": map[string]any{"type": "custom", "custom": "0 3 * * *"},
			"webhooks": []any{map[string]any{"url": "https://hooks.example.com/?q=" + url.QueryEscape(text),
				"event_type": "JOB_SUCCESS", "method": "POST", "content_type": "text/plain", "body": text}}},
		{"id": "both", "title": text, "type": "sequence", "jobs": []any{"night", "gone"}},
	} {
		encoded, err := json.Marshal(job)
		require.NoError(t, err)
		p.registered(string(encoded))
	}
	hook, err := json.Marshal(map[string]any{"url": "https://hooks.example.com/?q=" + url.QueryEscape(text),
		"secret": "tower", "content_type": "text/plain", "body": text,
		"when": "job.title == '" + strings.NewReplacer(`'`, `\'`, `\`, `\\`).Replace(text) + "'", "headers": map[string]string{"X-Text": text},
		"events": []any{map[string]any{"event": "BEFORE_RELEASE", "blocking": true, "body": text}, map[string]any{"event": "DEPLOYED"}}})
	require.NoError(t, err)
	got := p.api("PUT", "/latch/v1/webhooks/tower", string(hook))
	require.Equal(t, 200, got.status, got.body)
	watch, err := json.Marshal(map[string]any{"query": "WorkflowType = '" + text + "'",
		"webhooks": []any{map[string]any{"id": "pager", "url": "https://hooks.example.com/?q=" + url.QueryEscape(text),
			"event": "WORKFLOW_TIMED_OUT"}}})
	require.NoError(t, err)
	got = p.api("PUT", "/latch/v1/watches/late", string(watch))
	require.Equal(t, 200, got.status, got.body)
	freeze, err := json.Marshal(map[string]any{"windows": []any{map[string]any{"start": "0 18 20 12 *", "end": "0 8 3 1 *"}},
		"when":     "release.title == '" + strings.NewReplacer(`'`, `\'`, `\`, `\\`).Replace(text) + "'",
		"override": map[string]any{"groups": []string{text}}})
	require.NoError(t, err)
	got = p.api("PUT", "/latch/v1/freezes/xmas", string(freeze))
	require.Equal(t, 200, got.status, got.body)
	var listed struct {
		Webhooks []struct {
			ID json.Number `json:"id"`
		} `json:"webhooks"`
	}
	require.NoError(t, json.Unmarshal([]byte(p.api("GET", "/v2/jobs/night", "").body), &listed))
	return w, base, map[string]string{
		"/login": "/login", "/": "/", "/console/releases": "/console/releases", "/console/releases/{id}": "/console/releases/release-1",
		"/console/gates": "/console/gates", "/console/gates/{id}": "/console/gates/gate-4711",
		"/console/start-release": "/console/start-release", "/console/jobs": "/console/jobs", "/console/jobs/{id}": "/console/jobs/night",
		"/console/deliveries": "/console/deliveries", "/console/deliveries/statistics": "/console/deliveries/statistics",
		"/console/deliveries/again": "/console/deliveries/again",
		"/console/deliveries/queue": "/console/deliveries/queue",
		"/console/deliveries/{id}":  "/console/deliveries/dlv_1?workflow_id=release-1&run_id=" + runID,
		"/console/webhooks":         "/console/webhooks", "/console/new-webhook": "/console/new-webhook",
		"/console/webhooks/{webhook}":           "/console/webhooks/tower",
		"/console/jobs/{id}/webhooks/new":       "/console/jobs/night/webhooks/new",
		"/console/jobs/{id}/webhooks/{webhook}": "/console/jobs/night/webhooks/" + listed.Webhooks[0].ID.String(),
		"/console/watches":                      "/console/watches",
		"/console/watches/{id}":                 "/console/watches/late",
		"/console/freezes":                      "/console/freezes",
		"/console/audit":                        "/console/audit",
		"/console/gallery":                      "/console/gallery",
	}
}

// pagesOf are the addresses of all pages, and of more that some of them have.
func pagesOf(t *testing.T, addresses map[string]string) []string {
	t.Helper()
	all := []string{"/console/releases/release-closed", "/console/gates/gate-4712", "/console/jobs/both", "/console/none"}
	for _, path := range console.Paths() {
		require.Contains(t, addresses, path, "give the page an address in everywhere")
		all = append(all, addresses[path])
	}
	return all
}

func quoted(t *testing.T, text string) json.RawMessage {
	t.Helper()
	encoded, err := json.Marshal(text)
	require.NoError(t, err)
	return encoded
}

// hostileRecord is a record of whose fields each text is the one given.
func hostileRecord(text string) latch.Record {
	record := latch.Record{Result: latch.ResultFail, Decision: latch.Stop, Attempts: 3,
		StartedAt: latch.NewTime(noon), CompletedAt: latch.NewTime(noon.Add(time.Minute)),
		DurationMS: 60_000, Tries: []latch.RecordTry{{Number: 1}}, Request: &latch.RecordRequest{},
		Response: &latch.RecordResponse{Headers: map[string]string{text: text}},
		Lock:     &latch.RecordLock{RemovedAt: latch.NewTime(noon), Via: latch.ViaAPI}, Data: latch.Object{}}
	fillEmpty(reflect.ValueOf(&record).Elem(), text)
	encoded, _ := json.Marshal(text) // a text encodes
	record.Data[text] = encoded
	return record
}

// fillEmpty sets each text that is empty.
func fillEmpty(value reflect.Value, text string) {
	switch value.Kind() {
	case reflect.String:
		if value.String() == "" {
			value.SetString(text)
		}
	case reflect.Pointer:
		if !value.IsNil() {
			fillEmpty(value.Elem(), text)
		}
	case reflect.Slice:
		for i := range value.Len() {
			fillEmpty(value.Index(i), text)
		}
	case reflect.Struct:
		for i := range value.NumField() {
			if value.Type().Field(i).IsExported() {
				fillEmpty(value.Field(i), text)
			}
		}
	}
}

// hostile is a text in every title, id, reason, answer and error that others can write.
const hostile = `</textarea></title></svg></script>"><script>alert(1)</script><img src=x onerror=alert(1)>' ` +
	`onmouseover='alert(1) javascript:alert(1)`

// No text that others can write becomes markup, on any page, including questions and refusals:
// each page has the same elements as with a harmless text, and only the console's own script.
func TestNoPageShowsTextsAsMarkup(t *testing.T) {
	t.Parallel()
	elements := map[bool]map[string][]string{}
	for isHostile, text := range map[bool]string{true: hostile, false: "harmless"} {
		_, base, addresses := everywhere(t, text)
		ann := loggedIn(t, base, adminKey)
		elements[isHostile] = map[string][]string{}
		shown := 0
		note := func(what, body string) {
			if isHostile {
				shown += strings.Count(body, "&lt;script&gt;alert(1)")
			}
			elements[isHostile][what] = piecetest.Elements(t, body)
		}
		for _, address := range pagesOf(t, addresses) {
			body := ann.get(address).body
			note(address, body)
			for _, form := range formsOf(t, body) {
				for _, button := range form.buttons {
					sent := url.Values{"form": {"too old"}, "action": {button}}
					for name, kind := range form.fields {
						if sent.Set(name, text); kind == "checkbox" {
							sent.Set(name, "true")
						}
					}
					note(address+" "+form.id+" "+button, ann.post(address, sent).body)
				}
			}
		}
		if isHostile {
			require.Greater(t, shown, 100, "the text is on the pages")
		}
	}
	for what, of := range elements[false] {
		require.ElementsMatch(t, of, elements[true][what], what)
	}
}

// A htmlForm is a form of a page, as a browser reads it.
type htmlForm struct {
	id, action string
	// fields maps the names of a form's inputs to their kinds: textarea, select, text,
	// checkbox, hidden and so on. values are their contents.
	fields, values map[string]string
	buttons        []string
}

// formsOf reads the forms of a page that are posted to itself.
func formsOf(t *testing.T, page string) []htmlForm {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	require.NoError(t, err)
	var forms []htmlForm
	for node := range root.Descendants() {
		if node.Type != html.ElementNode || node.Data != "form" || attributeOf(node, "method") != "post" {
			continue
		}
		form := htmlForm{id: attributeOf(node, "id"), action: attributeOf(node, "action"),
			fields: map[string]string{}, values: map[string]string{}}
		for inner := range node.Descendants() {
			form.add(inner)
		}
		if form.action == "" {
			forms = append(forms, form)
		}
	}
	return forms
}

func (f *htmlForm) add(node *html.Node) {
	if node.Type != html.ElementNode {
		return
	}
	name := attributeOf(node, "name")
	switch node.Data {
	case "button":
		if name == "action" {
			f.buttons = append(f.buttons, attributeOf(node, "value"))
		}
	case "input":
		f.fields[name], f.values[name] = attributeOf(node, "type"), attributeOf(node, "value")
		if attributeOf(node, "type") == "checkbox" && !hasAttribute(node, "checked") {
			f.values[name] = ""
		}
	case "textarea":
		f.fields[name] = "textarea"
		if node.FirstChild != nil {
			f.values[name] = node.FirstChild.Data
		}
	case "select":
		f.fields[name] = "select"
		for option := range node.Descendants() {
			if option.Data == "option" && hasAttribute(option, "selected") {
				f.values[name] = attributeOf(option, "value")
			}
		}
	}
}

func attributeOf(node *html.Node, key string) string {
	for _, attribute := range node.Attr {
		if attribute.Key == key {
			return attribute.Val
		}
	}
	return ""
}

func hasAttribute(node *html.Node, key string) bool {
	for _, attribute := range node.Attr {
		if attribute.Key == key {
			return true
		}
	}
	return false
}

// The content of any form of the console survives the end of the session and an expired proof:
// after the login, or at once, the form is shown again with it, and nothing has changed.
func TestNoFormLosesWhatIsTyped(t *testing.T) {
	t.Parallel()
	w, base, addresses := everywhere(t, "harmless")
	ann := loggedIn(t, base, adminKey)
	w.guard.Lock()
	writes, starts := w.Schedules.Writes, len(w.Starts)
	w.guard.Unlock()
	asked := map[string]bool{}
	for _, address := range pagesOf(t, addresses) {
		for _, form := range formsOf(t, ann.get(address).body) {
			for _, button := range form.buttons {
				sent := typedInto(form)
				sent.Set("action", button)
				sent.Set("form", "too old")
				where := address + " " + form.id + " " + button
				requireKept(t, where, form.id, sent, 403, ann.post(address, sent))

				gone := visitor(t, base)
				login := gone.post(address, sent)
				require.Equal(t, 401, login.status, where)
				require.NotContains(t, login.body, "Log out", where)
				carried := url.Values{"key": {adminKey}, "next": {htmlValue(t, login.body, "next")}, "kept": {htmlValue(t, login.body, "kept")}}
				requireKept(t, where, form.id, sent, 200, gone.post("/login", carried))
				asked[form.id] = true
			}
		}
	}
	for _, form := range []string{"webhook", "start", "end", "skip-1", "control", "tag", "delete", "sample"} {
		require.True(t, asked[form], form)
	}
	w.guard.Lock()
	defer w.guard.Unlock()
	require.Equal(t, writes, w.Schedules.Writes, "nothing was written")
	require.Len(t, w.Starts, starts, "nothing was started")
	require.Empty(t, w.told)
}

// typedInto fills a form.
func typedInto(form htmlForm) url.Values {
	sent := url.Values{"of": {form.id}}
	for name, kind := range form.fields {
		switch kind {
		case "hidden":
			if name != "of" {
				sent.Set(name, form.values[name])
			}
		case "checkbox":
			sent.Set(name, "true")
		case "select":
			sent.Set(name, form.values[name])
		case "number":
			sent.Set(name, "7")
		default:
			sent.Set(name, "typed into "+name+` "<é>`)
		}
	}
	return sent
}

// requireKept requires that a form on a page has its previous content. A button with a
// confirmation may show its question instead.
func requireKept(t *testing.T, where, id string, sent url.Values, status int, got seen) {
	t.Helper()
	require.Equal(t, status, got.status, "%s: %s", where, got.body)
	require.Contains(t, got.body, "what you typed", where)
	require.NotContains(t, got.body, adminKey, "%s: no key is shown", where)
	for _, form := range formsOf(t, got.body) {
		if form.id == id {
			for name, kind := range form.fields {
				if kind != "hidden" && kind != "password" {
					require.Equal(t, sent.Get(name), form.values[name], "%s: %s", where, name)
				}
			}
			return
		}
		if form.id == "confirm" {
			return
		}
	}
	require.Fail(t, "the form is gone", "%s: %s", where, got.body)
}

// A reason that was typed into a question is there again, too.
func TestNoQuestionLosesItsReason(t *testing.T) {
	t.Parallel()
	w, base, _ := everywhere(t, "harmless")
	gone := visitor(t, base)
	login := gone.post("/console/releases/release-1", url.Values{"form": {"x"}, "of": {"confirm"},
		"action": {"stop"}, "confirmed": {"whatever"}, "reason": {"the <errors> rise"}})
	next, kept := htmlValue(t, login.body, "next"), htmlValue(t, login.body, "kept")
	wrong := gone.post("/login", url.Values{"key": {"wrong-0123456789abcdef"}, "next": {next}, "kept": {kept}})
	require.Equal(t, 401, wrong.status)
	require.Equal(t, kept, htmlValue(t, wrong.body, "kept"), "a wrong key loses nothing either")
	got := gone.post("/login", url.Values{"key": {adminKey}, "next": {next}, "kept": {kept}})
	require.Equal(t, 200, got.status)
	require.Contains(t, got.body, "Stop the release?")
	require.Contains(t, got.body, "the &lt;errors&gt; rise</textarea>")
	require.Empty(t, w.told)

	eye := visitor(t, base)
	require.Equal(t, 403, eye.post("/login", url.Values{"key": {readKey}, "next": {"/console/releases/release-1"},
		"kept": {htmlValue(t, login.body, "kept")}}).status,
		"somebody whose role is too small")
}

// A form that is too large to be kept during the login gets an answer with an alternative, and
// invalid forms are refused.
func TestWhatCannotBeKept(t *testing.T) {
	t.Parallel()
	_, base, _ := everywhere(t, "harmless")
	gone := visitor(t, base)
	large := gone.post("/console/start-release", url.Values{"form": {"x"}, "of": {"start"}, "action": {"start"},
		"file": {strings.Repeat("x", 1<<20)}})
	require.Equal(t, 401, large.status)
	require.Contains(t, large.body, "in another tab")
	require.Less(t, len(large.body), 10_000)
	ann := loggedIn(t, base, adminKey)
	require.Equal(t, 400, ann.post("/console/start-release", url.Values{"kept": {"%%%"}}).status)
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	ann.browser.Jar = jar
	require.Equal(t, 403, ann.post("/login", url.Values{"key": {adminKey}, "kept": {"YQ"}}, "Origin",
		"http://evil.example", "Sec-Fetch-Site", "cross-site").status)
}
