package dryrun_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/dryrun"
)

const shop = `{
	"id": "shop",
	"steps": [
		{"name": "migrate", "do": {"activity": {"type": "Migrate", "input": {"to": "${vars.version}"}}},
			"undo": {"activity": {"type": "Restore"}}},
		{"name": "deploy", "do": {"http": {"url": "https://deploy.example.com/${vars.version}"}},
			"undo": {"command": {"argv": ["kubectl", "rollout", "undo"]}}}],
	"vars": {"version": "v7"},
	"webhooks": [
		{"id": "board", "url": "https://board.example.com/", "secret": "board-key",
			"events": [{"event": "BEFORE_RELEASE", "blocking": true, "lock_timeout": "4h"}]},
		{"id": "tests", "url": "https://tests.example.com/",
			"body": {"version": "${vars.version}"},
			"events": [{"event": "BEFORE_RELEASE_COMPLETE", "rollback_release": "history.data.failed > 0"}]}]}`

// plan runs the release with the answers, in JSON.
func plan(t *testing.T, spec, answers string, options dryrun.Options) *dryrun.Report {
	t.Helper()
	decoded, err := dryrun.DecodeAnswers([]byte(answers))
	require.NoError(t, err)
	var release latch.Release
	require.NoError(t, json.Unmarshal([]byte(spec), &release))
	options.Patience = time.Minute
	report, err := dryrun.Run(t.Context(), dryrun.Input{Kind: latch.ReleaseKind, ID: release.ID,
		Data: json.RawMessage(spec), Spec: &release}, decoded, options)
	require.NoError(t, err)
	return report
}

// told returns the report's events, one per line.
func told(report *dryrun.Report) string {
	var text strings.Builder
	for _, e := range report.Events {
		assumed := ""
		if e.Assumed {
			assumed = "assumed"
		}
		what := strings.Join([]string{e.Event, e.Webhook, e.Decision, e.Rule, e.Note}, " ")
		switch {
		case e.Request != nil:
			what += e.Request.Method + " " + e.Request.URL + " " + e.Request.Body + " -> " + e.Answer
		case e.Task != nil:
			arguments, _ := json.Marshal(e.Task.Arguments)
			what += e.Task.Of + ": " + e.Task.Type + " " + e.Task.Name + string(arguments)
		}
		fmt.Fprintln(&text, strings.Join(strings.Fields(strings.Join([]string{e.After.String(), e.Kind, what, assumed}, " ")), " "))
	}
	return strings.TrimSpace(text.String())
}

// Without answers everything succeeds, and the plan lists its assumptions.
func TestPlanAssumesThatAllGoesWell(t *testing.T) {
	t.Parallel()
	report := plan(t, strings.Replace(shop, "history.data.failed > 0", "false", 1), `{}`, dryrun.Options{})
	require.Equal(t, latch.ReleaseReleased, report.Status)
	require.Empty(t, report.Unused)
	require.Len(t, report.History, 2)
	for _, e := range report.Events {
		require.Equal(t, e.Kind != dryrun.Locked && (e.Task == nil || e.Task.Type != "http"), e.Assumed, "%+v", e)
	}
	require.Contains(t, told(report), "0s request BEFORE_RELEASE board POST https://board.example.com/")
	require.Contains(t, told(report), "0s locked BEFORE_RELEASE board")
	require.Contains(t, told(report), `task Step migrate: activity Migrate[{"to":"v7"}] assumed`)
	require.Contains(t, told(report), `POST https://tests.example.com/ {"version":"v7"} -> 200 assumed`)
	require.Contains(t, told(report), "POST https://deploy.example.com/v7 -> 200 assumed")
}

// With answers the plan shows which rule decides on which values, and what is undone, in which
// order.
func TestPlanShowsWhatAnswersBring(t *testing.T) {
	t.Parallel()
	report := plan(t, shop, `{
		"webhooks": [
			{"webhook": "board", "locks": [{"after": "2h", "by": "ann", "reason": "fine"}]},
			{"webhook": "tests", "event": "BEFORE_RELEASE_COMPLETE", "answers": [{"status": 503}, {"body": {"failed": 2}}]},
			{"webhook": "tests", "event": "BEFORE_STEP", "answers": [{}]}],
		"tasks": [
			{"type": "Migrate", "results": [{"result": {"rows": 7}}]},
			{"command": "kubectl", "results": [{"error": "no such deployment"}]}]}`, dryrun.Options{})
	require.Equal(t, latch.ReleaseFailed, report.Status, "the undo fails")
	require.Equal(t, []string{"webhooks[2].answers"}, report.Unused)
	got := told(report)
	for _, line := range []string{
		"2h0m0s unlocked BEFORE_RELEASE board removed by ann",
		`POST https://tests.example.com/ {"version":"v7"} -> 503`,
		`POST https://tests.example.com/ {"version":"v7"} -> 200`,
		"decided BEFORE_RELEASE_COMPLETE tests rollback rollback_release: history.data.failed > 0",
		`no such deploymentUndo step deploy: command kubectl["kubectl","rollout","undo"]`,
		"Undo step migrate: activity Restore[] assumed",
	} {
		require.Contains(t, got, line)
	}
	require.Less(t, strings.Index(got, "Undo step deploy"), strings.Index(got, "Undo step migrate"))
	require.Equal(t, "tests", report.DecidedBy.Webhook)
	require.Equal(t, latch.Object{"rows": json.RawMessage("7")}, report.Steps[0].KVP)
	require.NotContains(t, got, "a secret that")
	_, signed := report.Events[0].Request.Header["Webhook-Signature"]
	require.True(t, signed, "%v", report.Events[0].Request.Header)
}

// A lock that nobody removes times out, and one without a lock_timeout holds the release for
// ever.
func TestPlanOfALockThatNobodyRemoves(t *testing.T) {
	t.Parallel()
	const answers = `{"webhooks": [{"webhook": "board", "locks": [{"never": true}]}]}`
	require.Equal(t, latch.ReleaseStopped, plan(t, shop, answers, dryrun.Options{}).Status)
	held := plan(t, strings.Replace(shop, `, "lock_timeout": "4h"`, "", 1), answers, dryrun.Options{})
	require.Equal(t, dryrun.Waits, held.Status)
	require.True(t, held.History[0].Lock.Open())
	require.Contains(t, told(held), "locked BEFORE_RELEASE board")
	require.NotContains(t, told(held), "Migrate")
}

// A plan shows when a lock reminds of itself, and when more people may vote about it.
func TestPlanOfALockThatReminds(t *testing.T) {
	t.Parallel()
	waits := strings.NewReplacer(`"lock_timeout": "4h"}`, `"lock_timeout": "4h", "remind": ["1h"], "approvals": [{"groups": ["sre"]}],
		"escalate": {"after": "2h", "groups": ["leads"], "users": ["eve"]}}`, `"webhooks": [`, `"webhooks": [
		{"id": "log", "url": "https://log.example.com/", "body": {"event": "${event}"}, "events": [{"event": "LOCK_REMINDER"}, {"event": "LOCK_TIMED_OUT"}]},`)
	report := plan(t, waits.Replace(shop), `{"webhooks": [{"webhook": "board", "locks": [{"never": true}]}]}`, dryrun.Options{})
	for _, line := range []string{
		`1h0m0s request LOCK_REMINDER log POST https://log.example.com/ {"event":"LOCK_REMINDER"} -> 200 assumed`,
		`2h0m0s escalated BEFORE_RELEASE board to group leads, eve`,
		`4h0m0s request LOCK_TIMED_OUT log POST https://log.example.com/ {"event":"LOCK_TIMED_OUT"} -> 200 assumed`,
	} {
		require.Contains(t, told(report), line)
	}
	require.Equal(t, latch.ReleaseStopped, report.Status)
}

// Registered webhooks apply as in a real run.
func TestPlanWithRegisteredWebhooks(t *testing.T) {
	t.Parallel()
	report := plan(t, shop, `{"webhooks": [{"webhook": "tests", "answers": [{"body": {"failed": 0}}]}, {"webhook": "audit", "answers": [{"unreachable": true}]}]}`, dryrun.Options{
		Webhooks: []latch.RegisteredWebhook{{Webhook: latch.Webhook{ID: "audit", URL: "https://audit.example.com/", Secret: "audit",
			Retry: &latch.Retry{MaximumAttempts: 2}, Events: []latch.Event{{Event: "RELEASE_SUCCESS"}, {Event: "RELEASE_ROLLED_BACK"}}}}}})
	require.Contains(t, told(report), "POST https://audit.example.com/")
	require.Contains(t, told(report), "connection refused")
}

// Answers for any webhook replace the default.
func TestPlanWithAnswersForAll(t *testing.T) {
	t.Parallel()
	report := plan(t, shop, `{"webhooks": [{"webhook": "*", "answers": [{"body": {"failed": 3}}], "locks": [{"after": "3h"}]}]}`, dryrun.Options{})
	require.Equal(t, latch.ReleaseRolledBack, report.Status)
	require.Contains(t, told(report), "3h0m0s unlocked BEFORE_RELEASE board removed")
	require.Empty(t, report.Unused)
}

// All problems of the answers are reported at once, with their paths.
func TestAnswersThatAreWrong(t *testing.T) {
	t.Parallel()
	_, err := dryrun.DecodeAnswers([]byte(`{
		"webhooks": [
			{"answers": [{"status": 99}, {"unreachable": true, "timeout": true}, {"timeout": true, "status": 200}]},
			{"webhook": "a", "event": "no event", "locks": [{"never": true, "by": "ann"}, {"after": "-1s"}, {"result": "maybe"}]},
			{"webhook": "b"}],
		"tasks": [{}, {"url": "ftp://x", "answers": [{}]}, {"url": "https://x", "results": [{}]}, {"type": "T"},
			{"type": "T", "results": [{"result": 1, "error": "e"}]}],
		"else": 1}`))
	for _, place := range []string{"webhooks[0].webhook", "webhooks[0].answers[0].status", "webhooks[0].answers[1]",
		"webhooks[0].answers[2]",
		"webhooks[1].event", "webhooks[1].locks[0].never", "webhooks[1].locks[1].after", "webhooks[1].locks[2]", "webhooks[2]",
		"tasks[0]", "tasks[1].url", "tasks[2]", "tasks[3]", "tasks[4].results[0]", "else"} {
		require.ErrorContains(t, err, place+":")
	}
}

// Locks with approvals are decided by votes: as many as it takes, with what the form asks for, or
// by one person.
func TestAPlanVotes(t *testing.T) {
	t.Parallel()
	const gated = `{"id":"shop","steps":[{"name":"deploy","do":{"http":{"url":"https://deploy.example.com/"}}}],"webhooks":[
		{"id":"sre","events":[{"event":"BEFORE_RELEASE","blocking":true,"approvals":[{"groups":["sre"],"count":2}],
			"form":{"required":["ticket"],"properties":{"ticket":{"type":"string"}}}}]}]}`
	for _, test := range []struct{ lock, status string }{
		{`{"vote":"approve","data":{"ticket":"OPS-1"}}`, latch.ReleaseReleased},
		{`{"by":"ann","groups":["sre"],"vote":"reject"}`, latch.ReleaseStopped},
	} {
		report := plan(t, gated, `{"webhooks":[{"webhook":"sre","locks":[`+test.lock+`]}]}`, dryrun.Options{})
		require.Equal(t, test.status, report.Status, told(report))
	}
}

// A plan foretells what a vote does to a lock without approvals: a rejection stops, also where a fail
// alone goes on.
func TestAPlanVotesAboutALockWithoutApprovals(t *testing.T) {
	t.Parallel()
	const tests = `"answers": [{"body": {"failed": 0}}]`
	for lock, status := range map[string]string{
		`{"vote":"approve"}`: latch.ReleaseReleased, `{"vote":"reject"}`: latch.ReleaseStopped, `{"result":"fail"}`: latch.ReleaseReleased,
	} {
		report := plan(t, shop, `{"webhooks":[{"webhook":"board","locks":[`+lock+`]},{"webhook":"tests",`+tests+`}]}`, dryrun.Options{})
		require.Equal(t, status, report.Status, told(report))
	}
}
