package lockpage_test

import (
	"html"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/api/apitest"
	"github.com/latch-run/latch/internal/locklink"
	"github.com/latch-run/latch/internal/lockpage"
	"github.com/latch-run/latch/internal/mitto/mittoapi"
)

var buttons = regexp.MustCompile(`value="(pass|fail|stop|rollback)"[^>]*>([^<]*)</button>\s*<p class="soft">([^<]*)</p>`)

// shownButtons returns a page's buttons by their action: the label, and the described effect.
func shownButtons(body string) map[string][2]string {
	shown := map[string][2]string{}
	for _, each := range buttons.FindAllStringSubmatch(body, -1) {
		shown[each[1]] = [2]string{html.UnescapeString(each[2]), html.UnescapeString(each[3])}
	}
	return shown
}

// Each button's label says what the release will do by its rules, and its description says it
// in full.
func TestPageForetells(t *testing.T) {
	t.Parallel()
	const done, pending, failed = latch.StepDone, latch.StepPending, latch.StepFailed
	const before, after, complete = latch.EventBeforeRelease, latch.EventAfterStep, latch.EventBeforeReleaseComplete
	const nothing = "The release stops here. No step was taken."
	for _, test := range []struct {
		name                  string
		run                   *apitest.Held
		action, label, effect string
	}{
		{"pass at the start", apitest.HeldRun(before, "", "", "", 0, pending, pending), "pass", "Let pass",
			"The release goes on with step migrate."},
		{"pass beside another lock", apitest.HeldRun(before, "", "", "", 1, pending, pending), "pass", "Let pass",
			"The release goes on with step migrate. It waits for one more lock of this event first."},
		{"fail and go on", apitest.HeldRun(before, "", "", "", 0, pending, pending), "fail", "Record as failed, and go on",
			"The release goes on with step migrate."},
		{"stop at the start", apitest.HeldRun(before, "", "", "", 2, pending, pending), "stop", "Stop the release", nothing},
		{"roll back at the start", apitest.HeldRun(before, "", "", "", 0, pending, pending), "rollback", "Roll back the release",
			"The release is called off. No step that could be undone was taken."},
		{"before a step", apitest.HeldRun(latch.EventBeforeStep, "switch", "", "", 0, done, pending), "pass", "Let pass",
			"The release goes on with step switch."},
		{"after a step", apitest.HeldRun(after, "migrate", "", "", 0, done, pending), "pass", "Let pass",
			"The release goes on with step switch."},
		{"stop beside others", apitest.HeldRun(complete, "", "", "", 2, done, done), "stop", "Stop the release",
			"The release stops here, and nothing is undone. What was done stays: migrate, switch. It waits for 2 more locks of this event first."},
		{"pass at the end", apitest.HeldRun(complete, "", "", "", 0, done, done), "pass", "Let pass", "The release goes on, and is released."},
		{"roll back at the end", apitest.HeldRun(complete, "", "", "", 1, done, done), "rollback", "Roll back the release",
			"The release is called off. Its steps are undone, the last first: switch, migrate."},
		{"after a failed step", apitest.HeldRun(after, "switch", "", "", 0, done, failed), "pass",
			"End the release as failed, and undo its steps",
			"Step switch failed, so the release fails. Its steps are undone, the last first: switch, migrate."},
		{"after a failed step that stays", apitest.HeldRun(after, "switch", "", `"on_failure":"stop",`, 0, done, failed), "pass",
			"End the release as failed, and undo nothing",
			"Step switch failed, so the release fails. By its policy on_failure nothing is undone."},
		{"rules of its own", apitest.HeldRun(before, "", `,"stop_release":"history.result == 'fail'"`, "", 0, pending, pending), "stop",
			"Stop the release", nothing},
		{"rules over vars", apitest.HeldRun(before, "", `,"stop_release":"vars.env == 'prod'"`, "", 0, pending, pending), "pass",
			"Stop the release", nothing},
		{"a result of its own", apitest.HeldRun(before, "", `,"result":"'pass'"`, "", 0, pending, pending), "pass", "Let pass",
			"The release goes on with step migrate."},
		{"rules over what is not known here",
			apitest.HeldRun(before, "", `,"stop_release":"system.environment == 'prod'"`, "", 0, pending, pending),
			"pass", "Answer “pass”", "The webhook's own expressions decide whether the release goes on."},
		{"rules that fail", apitest.HeldRun(before, "", `,"stop_release":"history.data.absent == 1","on_error":"rollback"`,
			"", 0, pending, pending),
			"pass", "Roll back the release", "The release is called off. No step that could be undone was taken."},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := apitest.Call(apitest.WithKeys(t, test.run), "GET", "/locks/"+apitest.Token+"?API_KEY=lock", "")
			require.Equal(t, 200, got.Code, got.Body)
			require.Equal(t, [2]string{test.label, test.effect}, shownButtons(got.Body.String())[test.action], got.Body)
			require.NotContains(t, got.Body.String(), "<b>Shop", "what others wrote is text")
			require.Empty(t, test.run.Updates, "a GET changes nothing")
		})
	}
}

// Answers with the same outcome share one button: no button asks to stop and then continues, or
// says that it continues and stops.
func TestPageHasOneButtonForEachEnding(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		settings string
		shown    map[string]string
	}{
		"the default rules": {"", map[string]string{"pass": "Let pass", "fail": "Record as failed, and go on",
			"stop": "Stop the release", "rollback": "Roll back the release"}},
		"a fail stops": {`,"stop_release":"history.result == 'fail'"`, map[string]string{"pass": "Let pass",
			"stop": "Stop the release", "rollback": "Roll back the release"}},
		"nothing stops": {`,"result":"'pass'"`, map[string]string{"pass": "Let pass"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := apitest.HeldRun(latch.EventBeforeRelease, "", test.settings, "", 0, latch.StepPending, latch.StepPending)
			got := apitest.Call(apitest.WithKeys(t, run), "GET", "/locks/"+apitest.Token+"?API_KEY=lock", "")
			require.Equal(t, 200, got.Code, got.Body)
			labels := map[string]string{}
			for action, shown := range shownButtons(got.Body.String()) {
				labels[action] = shown[0]
			}
			require.Equal(t, test.shown, labels)
			require.Equal(t, len(labels) == 1, strings.Contains(got.Body.String(), "no answer here stops the release"))
		})
	}
}

// A stop needs a confirmation that describes its effect. Typed text stays.
func TestPageAsksBeforeItStops(t *testing.T) {
	t.Parallel()
	run := apitest.HeldRun(latch.EventBeforeRelease, "", "", "", 0, latch.StepPending, latch.StepPending)
	handler := apitest.New(t, run, api.Options{})
	shown := apitest.Call(handler, "GET", "/locks/"+apitest.Token, "").Body.String()
	form := url.Values{"form": {formField.FindStringSubmatch(shown)[1]}, "reason": {"not today"}}
	press := func(action, confirmed string) string {
		t.Helper()
		form.Set("action", action)
		form.Set("confirmed", confirmed)
		got := apitest.Call(handler, "POST", "/locks/"+apitest.Token, form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
		require.Equal(t, 200, got.Code, got.Body)
		return html.UnescapeString(got.Body.String())
	}
	const promise = "Stop the release: The release stops here. No step was taken."
	asked := press("stop", "")
	require.Contains(t, asked, "Yes: Stop the release")
	require.Contains(t, asked, `name="confirmed" value="`+promise+`"`)
	require.Contains(t, asked, ">not today</textarea>")
	require.Contains(t, press("stop", "Stop the release: The release stops here, and something else."), "Yes: Stop the release",
		"what was confirmed is not what would happen now")
	back := press("back", "")
	require.Contains(t, back, "Let pass")
	require.Contains(t, back, ">not today</textarea>")
	form.Set("shown-pass", "Let pass: The release goes on with step deploy.")
	require.Contains(t, press("pass", ""), "Yes: Let pass", "it would do something else than the page said")
	require.Empty(t, run.Updates)
	press("stop", promise)
	require.Len(t, run.Updates, 1)
	require.Equal(t, "not today", run.Updates[0].Args[0].(latch.LockRelease).Reason)
}

// The page shows the distance of times from now, the run's data from its author, the steps that
// cannot be undone, and a link to the run in Temporal UI.
func TestPageShowsWhatIsHeld(t *testing.T) {
	t.Parallel()
	run := apitest.HeldRun(latch.EventBeforeReleaseComplete, "", "", `"instance":{"name":"shop","replicas":3},`, 0,
		latch.StepDone, latch.StepDone)
	run.Run.StartedWith(strings.Replace(run.Input,
		`},"undo":{"http":{"url":"https://example.com/"}}},{"name":"switch"`, `}},{"name":"switch"`, 1))
	key := []byte("0123456789abcdef")
	parsed, err := api.ParseKeys(apitest.Keys)
	require.NoError(t, err)
	handler := apitest.New(t, run,
		api.Options{Keys: parsed, Routes: apitest.Routes(mittoapi.Options{},
			lockpage.Options{TemporalUI: "https://ui.example.com/"}), LockLinks: true, LinkKey: key})
	body := apitest.Call(handler, "GET", "/locks/"+apitest.Token+"?API_KEY=lock", "").Body.String()
	for _, text := range []string{"vars.env</dt><dd>prod", "instance.name</dt><dd>shop", "instance.replicas</dt><dd>3",
		" days ago", "It cannot be undone.", "Its steps are undone, the last first: switch. What has no undo stays: migrate.",
		`<a href="https://ui.example.com/namespaces/default/workflows/release-1/run-1/history">`} {
		require.Contains(t, body, text)
	}
	require.NotContains(t, apitest.Call(handler, "GET",
		"/locks/"+apitest.Token+"?link="+locklink.Sign(key, apitest.Token), "").Body.String(), "ui.example.com",
		"a link shows nothing of Temporal")
}

func submit(t *testing.T, temporal *apitest.Held, options api.Options, target string, form url.Values,
	headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	return apitest.Call(apitest.New(t, temporal, options), "POST", target, form.Encode(),
		append([]string{"Content-Type", "application/x-www-form-urlencoded"}, headers...)...)
}

var formField = regexp.MustCompile(`name="form" value="([^"]+)"`)

// Without keys, only the page's own form is accepted: a form from elsewhere has no proof that
// it was shown here.
func TestPageWithoutKeys(t *testing.T) {
	t.Parallel()
	run := apitest.HeldRun(latch.EventBeforeRelease, "", "", "", 0, latch.StepPending)
	handler := apitest.New(t, run, api.Options{})
	shown := apitest.Call(handler, "GET", "/locks/"+apitest.Token, "")
	require.Equal(t, 200, shown.Code)
	send := func(form url.Values, headers ...string) int {
		return apitest.Call(handler, "POST", "/locks/"+apitest.Token, form.Encode(),
			append([]string{"Content-Type", "application/x-www-form-urlencoded"}, headers...)...).Code
	}
	proof := formField.FindStringSubmatch(shown.Body.String())[1]
	require.Equal(t, 403, send(url.Values{"action": {"pass"}}))
	require.Equal(t, 403, send(url.Values{"action": {"pass"}, "form": {proof[:len(proof)-2]}}))
	require.Equal(t, 403, send(url.Values{"action": {"pass"}, "form": {proof}}, "Origin", "http://evil.example"))
	require.Equal(t, 403, send(url.Values{"action": {"pass"}, "form": {proof}}, "Sec-Fetch-Site", "cross-site"))
	require.Empty(t, run.Updates)
	const promise = "Stop the release: The release stops here. No step was taken."
	require.Equal(t, 200, send(url.Values{"action": {"stop"}, "form": {proof}, "reason": {"no"}, "confirmed": {promise}},
		"Origin", "http://127.0.0.1:7127"))
	require.Len(t, run.Updates, 1)
	require.True(t, strings.HasPrefix(run.Updates[0].UpdateID, "page-"))
	sent := run.Updates[0].Args[0].(latch.LockRelease)
	require.Equal(t, "local", sent.By)
	require.Equal(t, "no", sent.Reason)
	require.JSONEq(t, `{"stop_release":true,"rollback_release":false}`, string(apitest.Encode(t, sent.Data)))
}

// A link only opens its own lock's page, and only if links are enabled. The name of a visitor
// with a link never looks like a key's.
func TestPageByLink(t *testing.T) {
	t.Parallel()
	key := []byte("0123456789abcdef")
	parsed, err := api.ParseKeys(apitest.Keys)
	require.NoError(t, err)
	with := api.Options{Keys: parsed, LockLinks: true, LinkKey: key}
	run := apitest.HeldRun(latch.EventBeforeRelease, "", "", "", 0, latch.StepPending)
	link := "/locks/" + apitest.Token + "?link=" + locklink.Sign(key, apitest.Token)
	shown := apitest.Call(apitest.New(t, run, with), "GET", link, "")
	require.Equal(t, 200, shown.Code, shown.Body)
	require.Equal(t, 401, apitest.Call(apitest.New(t, run, with), "GET",
		"/locks/"+apitest.Token+"?link="+locklink.Sign(key, "release-1:board:x"), "").Code)
	require.Equal(t, 401, apitest.Call(apitest.New(t, run, api.Options{Keys: parsed, LinkKey: key}), "GET", link, "").Code)
	require.Equal(t, 401, apitest.Call(apitest.New(t, run, with), "GET",
		"/latch/v1/locks/"+apitest.Token+"?link="+locklink.Sign(key, apitest.Token), "").Code, "it opens the page alone")
	proof := formField.FindStringSubmatch(shown.Body.String())[1]
	require.Equal(t, 401, submit(t, run, with, link, url.Values{"action": {"pass"}}).Code)
	require.Equal(t, 401, submit(t, run, api.Options{Keys: parsed[:1], LockLinks: true, LinkKey: key}, link,
		url.Values{"action": {"pass"}, "form": {proof}}).Code,
		"other keys, other forms")
	require.Empty(t, run.Updates)
	require.Equal(t, 200, submit(t, run, with, link,
		url.Values{"action": {"pass"}, "form": {proof}, "name": {"\u202e ann\xff\n\u2028\t"}}).Code, "by any process of the same settings")
	require.Equal(t, "ann (by link)", run.Updates[0].Args[0].(latch.LockRelease).By)
}
