package e2e

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	historypb "go.temporal.io/api/history/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

// reminding is a release whose lock reminds of itself and is escalated soon.
func reminding(id, audit string) string {
	return `{"id":"` + id + `","webhooks":[{"id":"board","url":"` + audit + `/board","events":[{"event":"BEFORE_RELEASE","blocking":true,"lock_timeout":"1h",
		"remind":["1s","3s"],"approvals":[{"groups":["sre"]}],"escalate":{"after":"2s","groups":["dev"]}},{"event":"LOCK_REMINDER"}]},
		{"id":"audit","url":"` + audit + `/audit","ordered":true,"events":[{"event":"LOCK_OPENED"},{"event":"LOCK_REMINDER"},{"event":"LOCK_ESCALATED"},{"event":"LOCK_REMOVED"},
			{"event":"LOCK_TIMED_OUT"}]}],
		"steps":[{"name":"migrate","do":{"workflow":{"type":"latch.Emit","input":{"event":"MIGRATED"}}}}]}`
}

// Contract, "Reminders and escalation": a lock tells of itself, those to whom it is escalated may
// move its deadline and remove it, the page and the records say so, and the history replays.
func TestALockThatWaits(t *testing.T) {
	t.Parallel()
	b := setup(t, "LATCH_API_URL", "https://latch.example.com", "LATCH_LOCK_LINKS", "true", "LATCH_LINK_KEY", linkKey)
	s := b.serve("LATCH_API_KEYS", voterKeys, "LATCH_LOCK_LINKS", "true", "LATCH_LINK_KEY", linkKey)
	id := "reminding-" + b.queue
	var started struct {
		WorkflowID string `json:"workflow_id"`
	}
	s.as("starter-key-0123456", "POST", "/latch/v1/releases", reminding(id, b.receiver.URL)).read(t, 201, &started)
	token := s.token(started.WorkflowID)
	told := b.arrives("/audit", 4)
	own := b.arrives("/board", 3)

	extend := lockPath(token) + "/extend"
	until := time.Now().Add(2 * time.Hour).UTC().Truncate(time.Second).Format(time.RFC3339)
	var moved, again latch.Extended
	s.as("eye-key-0123456789", "POST", extend, `{"until":"`+until+`"}`).problem(t, 403)
	s.as("eve-key-0123456789", "POST", extend, `{"until":"`+until+`","reason":"the board meets at six"}`).read(t, 200, &moved)
	require.Equal(t, until, moved.Until.Format(time.RFC3339))
	s.as("eve-key-0123456789", "POST", extend, `{"until":"`+until+`"}`).read(t, 200, &again)
	require.True(t, again.Unchanged)
	require.Contains(t, s.as("eve-key-0123456789", "POST", extend, `{"lock_timeout":"1h"}`).problem(t, 422).Detail, "to a later time only")
	require.Equal(t, until, s.status(started.WorkflowID).Locks[0].Until.Format(time.RFC3339))
	page := s.page("/locks/"+url.PathEscape(token)+"?API_KEY=eye-key-0123456789", 200)
	require.Contains(t, page, "Extended until ")
	require.Contains(t, page, "group dev may vote as well")

	var released latch.Released
	s.as("eve-key-0123456789", "POST", lockPath(token)+"/release", `{"vote":"approve"}`).read(t, 200, &released)
	require.False(t, released.Lock.Open())
	require.Equal(t, "the board meets at six", released.Lock.Extensions[0].Reason)
	require.Equal(t, []string{"dev"}, released.Lock.Escalated.Groups)
	require.Equal(t, 2, released.Lock.Reminders)
	require.Contains(t, s.as("eve-key-0123456789", "POST", extend, `{"lock_timeout":"9h"}`).problem(t, 409).Detail, "no deadline any more")
	told = append(told, b.arrives("/audit", 5)[4:]...)
	var result latch.ReleaseResult
	run := b.temporal().GetWorkflow(b.ctx, started.WorkflowID, "")
	require.NoError(t, run.Get(b.ctx, &result))
	require.Equal(t, latch.ReleaseReleased, result.Status)

	var events []string
	for _, request := range told {
		events = append(events, at(body(t, request), "event").(string))
		require.NotContains(t, string(request.Body), "link=", "who audits cannot open the lock")
		require.True(t, strings.HasPrefix(at(body(t, request), "data", "lock", "url").(string), "https://latch.example.com/locks/"))
	}
	require.Equal(t, []string{"LOCK_OPENED", "LOCK_REMINDER", "LOCK_ESCALATED", "LOCK_REMINDER", "LOCK_REMOVED"}, events)
	require.Equal(t, "eve", at(body(t, told[4]), "data", "removed", "by"))
	requireOwnLinks(t, own)
	b.lane(t).replays(started.WorkflowID, &historypb.History{Events: b.events(run)})
}

// requireOwnLinks looks whether a webhook was given the link of its own lock with each event.
func requireOwnLinks(t *testing.T, requests []receiver.Request) {
	t.Helper()
	for _, request := range requests {
		var sent struct {
			LockURL string `json:"lock_url"`
		}
		require.NoError(t, json.Unmarshal(request.Body, &sent))
		require.Contains(t, sent.LockURL, "?link=")
	}
}

// Contract, "Events": the lock of a run that was terminated is told of as removed, by the run that
// reports the end.
func TestALockOfARunThatWasTerminated(t *testing.T) {
	t.Parallel()
	l := setup(t).lane(t)
	run := l.begin(latch.WorkflowRelease, `{"id":"gone","steps":$STEPS(a),"webhooks":[{"id":"board","events":[{"event":"BEFORE_RELEASE","blocking":true}]},
		{"id":"log","url":"$R/log","events":[{"event":"LOCK_OPENED"},{"event":"LOCK_REMOVED"}]}]}`)
	l.stands(run, "waits", holdsLock)
	l.terminate(run)
	told := l.arrived("/log", 2)
	require.Equal(t, "LOCK_OPENED", body(t, told[0])["event"])
	removed := body(t, told[1])
	require.Equal(t, "LOCK_REMOVED", removed["event"])
	require.Equal(t, run.GetID(), at(removed, "run", "workflow_id"))
	require.Equal(t, "override", at(removed, "data", "removed", "via"))
	require.Contains(t, at(removed, "data", "removed", "reason"), "the shop burns")
	var result latch.ReleaseResult
	l.reportOf(run, &result)
	require.Equal(t, latch.ReleaseFailed, result.Status)
}
