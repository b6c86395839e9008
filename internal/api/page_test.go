package api_test

import (
	"html"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/locklink"
)

const token = "release-1:board:abc"

// heldRun is a release of two steps, each with an undo, that the webhook
// "board" holds, with the event's settings and the steps' statuses given.
func heldRun(event, step, settings, rest string, others int, statuses ...string) *fake {
	status := latch.Status{ID: "1", Status: latch.ReleaseRunning, Event: event,
		Locks: []latch.OpenLock{{Token: token, Webhook: "board", Event: event, Since: latch.NewTime(fixed), Until: latch.NewTime(fixed)}}}
	for range others {
		status.Locks = append(status.Locks, latch.OpenLock{Token: "release-1:other:x", Webhook: "other", Event: event})
	}
	for i, each := range statuses {
		status.Steps = append(status.Steps, latch.StepResult{Name: []string{"migrate", "switch"}[i], Status: each})
	}
	record := latch.Record{DeliveryID: "dlv_1", Webhook: "board", Event: event, Step: step, WorkflowID: "release-1", RunID: "run-1",
		Result: latch.ResultPending, Lock: &latch.RecordLock{Token: token}, StartedAt: latch.NewTime(fixed)}
	const task = `{"http":{"url":"https://example.com/"}}`
	return &fake{exists: []string{"release-1"},
		input: `{"id":"1","title":"<b>Shop</b>","vars":{"env":"prod"},` + rest + `"webhooks":[{"id":"board","events":[{"event":"` + event + `","blocking":true` + settings + `}]}],
			"steps":[{"name":"migrate","do":` + task + `,"undo":` + task + `},{"name":"switch","do":` + task + `,"undo":` + task + `}]}`,
		query: func(_, name string) (any, error) {
			if name == latch.QueryStatus {
				return status, nil
			}
			return []latch.Record{record}, nil
		},
		update: func(client.UpdateWorkflowOptions) (any, error) { return record, nil },
	}
}

var effects = regexp.MustCompile(`value="(pass|fail|stop|rollback)"[^>]*>[^<]*</button>\s*<p class="soft">([^<]*)</p>`)

// Each button says beforehand what the release will then do by its rules.
func TestPageForetells(t *testing.T) {
	t.Parallel()
	const done, pending, failed = latch.StepDone, latch.StepPending, latch.StepFailed
	const before, after, complete = latch.EventBeforeRelease, latch.EventAfterStep, latch.EventBeforeReleaseComplete
	const nothing = "The release stops here. No step was taken."
	for _, test := range []struct {
		name   string
		run    *fake
		action string
		effect string
	}{
		{"pass at the start", heldRun(before, "", "", "", 0, pending, pending), "pass", "The release goes on with step migrate."},
		{"pass beside another lock", heldRun(before, "", "", "", 1, pending, pending), "pass", "The release goes on with step migrate. It waits for one more lock of this event first."},
		{"fail and go on", heldRun(before, "", "", "", 0, pending, pending), "fail", "The release goes on with step migrate."},
		{"stop at the start", heldRun(before, "", "", "", 2, pending, pending), "stop", nothing},
		{"roll back at the start", heldRun(before, "", "", "", 0, pending, pending), "rollback", "The release is called off. No step that could be undone was taken."},
		{"before a step", heldRun(latch.EventBeforeStep, "switch", "", "", 0, done, pending), "pass", "The release goes on with step switch."},
		{"after a step", heldRun(after, "migrate", "", "", 0, done, pending), "pass", "The release goes on with step switch."},
		{"stop beside others", heldRun(complete, "", "", "", 2, done, done), "stop",
			"The release stops here, and nothing is undone. What was done stays: migrate, switch. It waits for 2 more locks of this event first."},
		{"pass at the end", heldRun(complete, "", "", "", 0, done, done), "pass", "The release goes on, and is released."},
		{"roll back at the end", heldRun(complete, "", "", "", 1, done, done), "rollback", "The release is called off. Its steps are undone, the last first: switch, migrate."},
		{"after a failed step", heldRun(after, "switch", "", "", 0, done, failed), "pass",
			"Step switch failed, so the release fails. Its steps are undone, the last first: switch, migrate."},
		{"after a failed step that stays", heldRun(after, "switch", "", `"on_failure":"stop",`, 0, done, failed), "pass",
			"Step switch failed, so the release fails. By its policy on_failure nothing is undone."},
		{"rules of its own", heldRun(before, "", `,"stop_release":"history.result == 'fail'"`, "", 0, pending, pending), "fail", nothing},
		{"rules over vars", heldRun(before, "", `,"stop_release":"vars.env == 'prod'"`, "", 0, pending, pending), "pass", nothing},
		{"a result of its own", heldRun(before, "", `,"result":"'pass'"`, "", 0, pending, pending), "stop", "The release goes on with step migrate."},
		{"rules over what is not known here", heldRun(before, "", `,"stop_release":"system.environment == 'prod'"`, "", 0, pending, pending), "pass",
			"The webhook's own expressions decide on this whether the release goes on."},
		{"rules that fail", heldRun(before, "", `,"stop_release":"history.data.absent == 1","on_error":"rollback"`, "", 0, pending, pending), "pass",
			"The release is called off. No step that could be undone was taken."},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := call(withKeys(t, test.run), "GET", "/locks/"+token+"?API_KEY=lock", "")
			require.Equal(t, 200, got.Code, got.Body)
			told := map[string]string{}
			for _, each := range effects.FindAllStringSubmatch(got.Body.String(), -1) {
				told[each[1]] = html.UnescapeString(each[2])
			}
			require.Len(t, told, 4, got.Body)
			require.Equal(t, test.effect, told[test.action])
			require.NotContains(t, got.Body.String(), "<b>Shop", "what others wrote is text")
			require.Empty(t, test.run.updates, "a GET changes nothing")
		})
	}
}

func submit(t *testing.T, temporal *fake, options api.Options, target string, form url.Values, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	return call(newAPI(t, temporal, options), "POST", target, form.Encode(),
		append([]string{"Content-Type", "application/x-www-form-urlencoded"}, headers...)...)
}

var formField = regexp.MustCompile(`name="form" value="([^"]+)"`)

// Without keys, the page's own form alone is taken: a form of elsewhere has no
// proof that it was shown here.
func TestPageWithoutKeys(t *testing.T) {
	t.Parallel()
	run := heldRun(latch.EventBeforeRelease, "", "", "", 0, latch.StepPending)
	handler := newAPI(t, run, api.Options{})
	shown := call(handler, "GET", "/locks/"+token, "")
	require.Equal(t, 200, shown.Code)
	send := func(form url.Values, headers ...string) int {
		return call(handler, "POST", "/locks/"+token, form.Encode(), append([]string{"Content-Type", "application/x-www-form-urlencoded"}, headers...)...).Code
	}
	proof := formField.FindStringSubmatch(shown.Body.String())[1]
	require.Equal(t, 403, send(url.Values{"action": {"pass"}}))
	require.Equal(t, 403, send(url.Values{"action": {"pass"}, "form": {proof[:len(proof)-2]}}))
	require.Equal(t, 403, send(url.Values{"action": {"pass"}, "form": {proof}}, "Origin", "http://evil.example"))
	require.Equal(t, 403, send(url.Values{"action": {"pass"}, "form": {proof}}, "Sec-Fetch-Site", "cross-site"))
	require.Empty(t, run.updates)
	require.Equal(t, 200, send(url.Values{"action": {"stop"}, "form": {proof}, "reason": {"no"}}, "Origin", "http://127.0.0.1:7127"))
	require.Len(t, run.updates, 1)
	require.True(t, strings.HasPrefix(run.updates[0].UpdateID, "page-"))
	sent := run.updates[0].Args[0].(latch.LockRelease)
	require.Equal(t, "local", sent.By)
	require.Equal(t, "no", sent.Reason)
	require.JSONEq(t, `{"stop_release":true,"rollback_release":false}`, string(encode(t, sent.Data)))
}

// A link opens its own lock's page alone, and only where links are let to; its
// bearer's name never looks like a key's.
func TestPageByLink(t *testing.T) {
	t.Parallel()
	key := []byte("0123456789abcdef")
	parsed, err := api.ParseKeys(keys)
	require.NoError(t, err)
	with := api.Options{Keys: parsed, LockLinks: true, LinkKey: key}
	run := heldRun(latch.EventBeforeRelease, "", "", "", 0, latch.StepPending)
	link := "/locks/" + token + "?link=" + locklink.Sign(key, token)
	shown := call(newAPI(t, run, with), "GET", link, "")
	require.Equal(t, 200, shown.Code, shown.Body)
	require.Equal(t, 401, call(newAPI(t, run, with), "GET", "/locks/"+token+"?link="+locklink.Sign(key, "release-1:board:x"), "").Code)
	require.Equal(t, 401, call(newAPI(t, run, api.Options{Keys: parsed, LinkKey: key}), "GET", link, "").Code)
	require.Equal(t, 401, call(newAPI(t, run, with), "GET", "/latch/v1/locks/"+token+"?link="+locklink.Sign(key, token), "").Code, "it opens the page alone")
	proof := formField.FindStringSubmatch(shown.Body.String())[1]
	require.Equal(t, 401, submit(t, run, with, link, url.Values{"action": {"pass"}}).Code)
	require.Equal(t, 401, submit(t, run, api.Options{Keys: parsed[:1], LockLinks: true, LinkKey: key}, link, url.Values{"action": {"pass"}, "form": {proof}}).Code,
		"other keys, other forms")
	require.Empty(t, run.updates)
	require.Equal(t, 200, submit(t, run, with, link, url.Values{"action": {"pass"}, "form": {proof}, "name": {"\u202e ann\xff\n\u2028\t"}}).Code, "by any process of the same settings")
	require.Equal(t, "ann (by link)", run.updates[0].Args[0].(latch.LockRelease).By)
}
