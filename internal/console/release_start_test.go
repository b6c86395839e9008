package console_test

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

const startPage = "/console/start-release"

const goodRelease = `# the shop
id: "shop-4.2"
steps:
  - name: migrate
    do:
      http:
        url: https://example.com/
`

// start sends the form that starts a release.
func (p *person) start(file string, more ...string) seen {
	p.Helper()
	form := url.Values{"form": {p.proof(startPage)}, "action": {"start"}, "file": {file}}
	for i := 0; i+1 < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return p.post(startPage, form)
}

// A user with a sufficient role starts a release from a pasted file, in YAML or JSON, with a
// browser's line endings.
func TestReleasesAreStartedFromAPastedFile(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]string{
		"YAML": strings.ReplaceAll(goodRelease, "\n", "\r\n"),
		"JSON": `{"id":"shop-4.2","steps":[{"name":"migrate","do":{"http":{"url":"https://example.com/"}}}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			p := loggedIn(t, serve(t, w, keys), adminKey)
			require.Contains(t, p.get("/console/releases").body, `href="../console/start-release"`)
			p.browser.CheckRedirect = noRedirect
			got := p.start(file)
			require.Equal(t, 303, got.status, got.body)
			require.Equal(t, "../console/releases/release-shop-4.2", got.header.Get("Location"))
			require.Len(t, w.Starts, 1)
			require.Equal(t, latch.WorkflowRelease, w.Starts[0].GetWorkflowType().GetName())
			require.JSONEq(t, `{"id":"shop-4.2","steps":[{"name":"migrate","do":{"http":{"url":"https://example.com/"}}}]}`,
				string(w.Starts[0].GetInput().GetPayloads()[0].GetData()))
			got = p.start(file, "workflow_id", "another")
			require.Equal(t, "../console/releases/another", got.header.Get("Location"))
			got = p.start(file)
			require.Equal(t, 409, got.status, "one runs already")
			require.Contains(t, got.body, `href="../console/releases/release-shop-4.2"`)
			require.Contains(t, got.body, "https://example.com/", "nothing typed is lost")
			require.Len(t, w.Starts, 2)
		})
	}
}

// Before a release is started, its page shows what it would do: its steps, what a rollback
// would undo, and its gates, including those of registered webhooks.
func TestAReleaseIsPlannedBeforeItStarts(t *testing.T) {
	t.Parallel()
	w := newWorld()
	p := loggedIn(t, serve(t, w, keys), adminKey)
	require.Equal(t, 200, p.api("PUT", "/latch/v1/webhooks/tower", `{"when":"vars.env == '<b>prod'",
		"events":[{"event":"BEFORE_RELEASE","blocking":true}]}`).status)
	plan := func(file string) seen {
		return p.post(startPage, url.Values{"form": {p.proof(startPage)}, "action": {"plan"}, "file": {file}, "workflow_id": {"mine"}})
	}
	got := plan(goodRelease)
	require.Equal(t, 200, got.status, got.body)
	for _, want := range []string{"Nothing has started yet", ">mine<", "migrate", "Gates: 1", "tower",
		"vars.env == &#39;&lt;b&gt;prod&#39;", "1 gate", "# the shop", `value="start"`} {
		require.Contains(t, got.body, want)
	}
	require.Contains(t, got.body, "It would end as")
	require.Contains(t, got.body, "no such key: env", "the tower's when cannot be told, which stops the release")
	got = plan("id: shop\nstepps: []\nsteps: []\n")
	require.Equal(t, 422, got.status)
	require.Contains(t, got.body, `id="line-2" class="wrong`)
	require.Empty(t, w.Starts)
}

// With answers the page shows which rule decides and what is undone, and the problems of the
// answers beside them.
func TestAReleaseIsPlannedWithAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld()
	p := loggedIn(t, serve(t, w, keys), adminKey)
	plan := func(answers string) seen {
		return p.post(startPage, url.Values{"form": {p.proof(startPage)}, "action": {"plan"}, "answers": {answers},
			"file": {goodRelease + "webhooks:\n  - {id: tests, url: https://tests.example.com/,\n" +
				"     events: [{event: AFTER_STEP, stop_release: \"history.data[?'failed'].orValue(0) > 0\"}]}\n"}})
	}
	got := plan("webhooks:\n  - {webhook: tests, answers: [{body: {failed: 1}}]}\n  - {webhook: other, answers: [{}]}\n")
	require.Equal(t, 200, got.status, got.body)
	for _, want := range []string{"stop_release: history.data", "stopped", "webhooks[1].answers", "POST https://tests.example.com/"} {
		require.Contains(t, html.UnescapeString(got.body), want)
	}
	for _, wrong := range []string{"webhooks: [", "webhooks: [{answers: [{}]}]"} {
		got = plan(wrong)
		require.Equal(t, 422, got.status, wrong)
		require.Contains(t, got.body, wrong, "nothing typed is lost")
		require.NotContains(t, got.body, "It would end as")
	}
	require.Contains(t, got.body, "webhooks[0].webhook")
	require.Empty(t, w.Starts)
}

// Tabs, long lines and many mistakes are shown whole enough to find them: each
// mistake at its line, the line cut, and not more lines than anybody reads.
func TestMistakesInLongFiles(t *testing.T) {
	t.Parallel()
	p := loggedIn(t, serve(t, newWorld(), keys), adminKey)
	got := p.start("id: shop\nsteps:\n\t- name: a\n")
	require.Equal(t, 422, got.status)
	require.Contains(t, got.body, `id="line-3" class="wrong`)

	long := "{\"id\": \"shop\",\n\"title\": \"" + strings.Repeat("é", 200_000) + "\", \"stepps\": 1, \"steps\": []}"
	got = p.start(long)
	require.Equal(t, 422, got.status)
	require.Contains(t, got.body, `id="line-2" class="wrong`)
	require.Contains(t, got.body, "column 2000")
	_, source, _ := strings.Cut(got.body, `<section class="card source"`)
	source, _, _ = strings.Cut(source, "</section>")
	require.Less(t, len(source), 10_000, "the line is cut")
	require.Contains(t, html.UnescapeString(source), `"stepps": 1`, "around the mistake")

	many := "id: shop\nsteps: []\n"
	for i := range 500 {
		many += fmt.Sprintf("key%d: 1\n", i)
	}
	got = p.start(many)
	require.Equal(t, 422, got.status)
	require.LessOrEqual(t, strings.Count(got.body, `class="wrong`), 200)
	require.Contains(t, got.body, `id="line-3" class="wrong`)
}

// A user with too small a role is not offered to start a release, and cannot start one.
func TestReadersStartNoRelease(t *testing.T) {
	t.Parallel()
	w := newWorld()
	p := loggedIn(t, serve(t, w, keys), readKey)
	require.NotContains(t, p.get("/console/releases").body, "start-release")
	require.Equal(t, 403, p.get(startPage).status)
	form := url.Values{"form": {p.proof("/")}, "action": {"start"}, "file": {goodRelease}}
	require.Equal(t, 403, p.post(startPage, form).status)
	require.Empty(t, w.Starts)
}

// All problems of a file are shown at once beside its lines, and the content of the form stays.
func TestAFilesMistakesStandBesideItsLines(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		file string
		// wants are texts on the page, including ids of lines.
		wants []string
	}{
		"fields": {"id: shop\nstepps: []\nsteps:\n  - name: <b>a</b>\n    do: {http: {url: nowhere}}\n",
			[]string{"unknown key", `id="line-2" class="wrong`, `id="line-5" class="wrong`, `href="#line-2"`, `href="#line-5"`, "(line 5, column "}},
		"a key twice": {"{\"id\": \"a\",\n\"id\": \"b\",\n\"steps\": []}", []string{"is given twice", `id="line-2" class="wrong`}},
		"no YAML":     {"id: shop\nsteps: [\n", []string{"no valid YAML", `href="#line-`}},
		"no JSON":     {"{\"id\": \"shop\",\n  oops}", []string{`id="line-2" class="wrong`}},
		"one line":    {`{"id":"shop"}`, []string{"steps"}},
		"a job": {"id: a\ntask: {http: {url: 'https://example.com/'}}\n",
			[]string{"its keys are those of the kind job; a release has steps"}},
		"nothing": {"# only a comment\n", []string{"is wrong"}},
		"two":     {goodRelease + "---\n" + goodRelease, []string{"a second document begins"}},
		"octal":   {"id: shop\nvars:\n  n: 0755\n", []string{"octal number to some", `id="line-3" class="wrong`}},
		"hostile": {"id: shop\n\"</textarea><script>alert(1)</script>\": 1\nsteps: []\n",
			[]string{"&lt;/textarea&gt;&lt;script&gt;alert(1)", `id="line-2"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			got := loggedIn(t, serve(t, w, keys), adminKey).start(test.file)
			require.Equal(t, 422, got.status, got.body)
			for _, want := range test.wants {
				require.Contains(t, got.body, want)
			}
			require.Contains(t, html.UnescapeString(got.body), test.file+"</textarea>", "nothing typed is lost")
			require.NotContains(t, got.body, "<script>")
			require.Empty(t, w.Starts)
		})
	}
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
