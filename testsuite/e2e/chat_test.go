package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/slack"
	"github.com/latch-run/latch/internal/slack/slacktest"
	"github.com/latch-run/latch/testsuite/receiver"
)

// chatRelease is a release that a chat's message holds, until two of sre have clicked. The second
// event's message is about no lock.
func chatRelease(id, chat, url, settings string) string {
	return fmt.Sprintf(`{"id":%q,"title":"The shop","webhooks":[{"id":"chat","url":%q,"preset":%q,"interactive":true,"body":{"text":"${event}: ${release.title}?"},
		"events":[{"event":"BEFORE_RELEASE","blocking":true%s},{"event":"RELEASE_SUCCESS"}]}],
		"steps":[{"name":"migrate","do":{"workflow":{"type":"latch.Emit","input":{"event":"MIGRATED"}}}}]}`, id, url, chat, settings)
}

// slackSettings are those of an API with a Slack app.
func slackSettings(stand *slacktest.Slack) []string {
	return []string{"LATCH_API_KEYS", voterKeys, "LATCH_LINK_KEY", linkKey, "LATCH_SLACK_SIGNING_SECRET",
		slacktest.SigningSecret, "LATCH_SLACK_BOT_TOKEN", slacktest.BotToken,
		"LATCH_SLACK_URL", stand.URL, "LATCH_PEOPLE", "alice@example.com@sre,bob@example.com@sre,carol@example.com@dev"}
}

// fromSlack sends a request as Slack does.
func (s *served) fromSlack(request slacktest.Request) reply {
	s.Helper()
	made, err := http.NewRequestWithContext(s.ctx, "POST", s.url+"/latch/v1/integrations/slack", strings.NewReader(request.Body))
	require.NoError(s, err)
	for name, value := range request.Headers {
		made.Header.Set(name, value)
	}
	return s.send(made)
}

// Contract, "Approvals in a chat": a message in Slack has buttons, a click is a vote of the person
// who clicked, with the form that the lock asks for, and the record says who it was, and by which
// way.
func TestApprovalsInSlack(t *testing.T) {
	t.Parallel()
	b := setup(t, "LATCH_LINK_KEY", linkKey, "LATCH_API_URL", "https://latch.example.com")
	stand := slacktest.New(t)
	for id, address := range map[string]string{"UALICE": "alice@example.com", "UBOB": "bob@example.com", "UCAROL": "carol@example.com"} {
		stand.Users[id] = slacktest.User{Email: address}
	}
	s := b.serve(slackSettings(stand)...)
	b.receiver.Script("/slack", receiver.Answer{Body: "ok"})
	var started struct {
		WorkflowID string `json:"workflow_id"`
	}
	s.as("starter-key-0123456", "POST", "/latch/v1/releases",
		chatRelease("chat-"+b.queue, "slack", b.receiver.URL+"/slack", `,"approvals":[{"groups":["sre"],"count":2}],
		"form":{"required":["ticket"],"properties":{"ticket":{"type":"string","pattern":"^OPS-"}}}`)).read(t, 201, &started)
	token := s.token(started.WorkflowID)
	var message map[string]any
	require.NoError(t, json.Unmarshal(b.arrives("/slack", 1)[0].Body, &message))
	require.Equal(t, "BEFORE_RELEASE: The shop?", message["text"])
	encoded, err := json.Marshal(message)
	require.NoError(t, err)
	require.Contains(t, string(encoded), b.status(started.WorkflowID).Locks[0].Digest)
	require.NotContains(t, string(encoded), "link=", "no link of this worker opens a lock")

	require.Equal(t, 200, s.fromSlack(slacktest.Signed(stand.Click("UCAROL", message, slack.ActionReject, time.Now()), time.Now())).status)
	require.Eventually(t, func() bool { return len(stand.Responses()) == 1 }, patience, tick)
	require.Contains(t, stand.Responses()[0].Body["text"], "carol@example.com may not vote about this lock; may approve: 2 of sre")

	for i, user := range []string{"UALICE", "UBOB"} {
		click := slacktest.Signed(stand.Click(user, message, slack.ActionApprove, time.Now()), time.Now())
		require.Equal(t, 200, s.fromSlack(click).status)
		s.fromSlack(click).problem(t, 409)
		require.Eventually(t, func() bool { return len(stand.Calls("/api/views.open")) == i+1 }, patience, tick)
		view := stand.Calls("/api/views.open")[i].Body["view"].(map[string]any)
		wrong := s.fromSlack(slacktest.Signed(slacktest.Submission(user, view, map[string]any{"field-0": "17"}), time.Now()))
		require.Contains(t, wrong.body, `"response_action":"errors"`)
		require.Equal(t, reply{status: 200, header: nil, body: ""},
			withoutHeader(s.fromSlack(slacktest.Signed(slacktest.Submission(user, view,
				map[string]any{"field-0": "OPS-" + user, "reason": "fine"}), time.Now()))))
	}
	var result latch.ReleaseResult
	require.NoError(t, shared.client.GetWorkflow(b.ctx, started.WorkflowID, "").Get(b.ctx, &result))
	require.Equal(t, latch.ReleaseReleased, result.Status)
	decided := record(t, result.History, "chat", latch.EventBeforeRelease)
	require.Equal(t, "bob@example.com", decided.Lock.RemovedBy)
	require.Equal(t, latch.ViaSlack, decided.Lock.Via)
	require.Equal(t, latch.IdentifiedBySlack, decided.Lock.IdentifiedBy)
	require.JSONEq(t, `"OPS-UBOB"`, string(decided.Data["ticket"]))
	require.Len(t, decided.Approvals, 2)
	for _, vote := range decided.Approvals {
		require.Equal(t, latch.ViaSlack, vote.Via)
		require.Equal(t, latch.IdentifiedBySlack, vote.IdentifiedBy)
	}
	require.NotContains(t, string(b.arrives("/slack", 2)[1].Body), "blocks", "a message about no lock has no buttons")
	late := slacktest.Signed(stand.Click("UALICE", message, slack.ActionReject, time.Now()), time.Now())
	before := len(stand.Responses())
	require.Equal(t, 200, s.fromSlack(late).status)
	require.Eventually(t, func() bool { return len(stand.Responses()) == before+2 }, patience, tick)
	shown, err := json.Marshal(stand.Responses()[before].Body)
	require.NoError(t, err)
	require.Contains(t, string(shown), "*Approved* by bob@example.com, via slack")
	s.as("eye-key-0123456789", "GET", lockPath(token), "").read(t, 200, nil)
}

func withoutHeader(r reply) reply {
	r.header = nil
	return r
}

// Contract, "Approvals in a chat": a card in Teams has links to the lock's page, which asks whether
// the choice is meant, and opening one decides nothing.
func TestApprovalsInTeams(t *testing.T) {
	t.Parallel()
	settings := []string{"LATCH_LINK_KEY", linkKey, "LATCH_LOCK_LINKS", "true"}
	b := setup(t, append(settings, "LATCH_API_URL", "https://latch.example.com")...)
	s := b.serve(append(settings, "LATCH_API_KEYS", voterKeys)...)
	var started struct {
		WorkflowID string `json:"workflow_id"`
	}
	s.as("starter-key-0123456", "POST", "/latch/v1/releases",
		chatRelease("teams-"+b.queue, "teams", b.receiver.URL+"/teams", "")).read(t, 201, &started)
	var message struct {
		Attachments []struct {
			Content struct {
				Actions []struct{ Title, URL string }
			}
		}
	}
	require.NoError(t, json.Unmarshal(b.arrives("/teams", 1)[0].Body, &message))
	links := map[string]string{}
	for _, action := range message.Attachments[0].Content.Actions {
		links[action.Title] = strings.TrimPrefix(action.URL, "https://latch.example.com")
	}
	asked := s.page(links["Reject"], 200)
	require.Contains(t, asked, "Yes: Stop the release")
	require.Contains(t, s.page(links["Open"], 200), "Decide</h2>")
	asked = s.page(links["Approve"], 200)
	require.Contains(t, asked, "Yes: Let pass")
	require.Len(t, b.status(started.WorkflowID).Locks, 1, "a link decides nothing")
	done := s.submit(links["Approve"], url.Values{"form": {form(t, asked)}, "action": {"pass"}, "name": {"ann"},
		"confirmed": {confirmedField.FindStringSubmatch(asked)[1]}})
	require.Contains(t, done.body, "This lock is done")
	var result latch.ReleaseResult
	require.NoError(t, shared.client.GetWorkflow(b.ctx, started.WorkflowID, "").Get(b.ctx, &result))
	decided := record(t, result.History, "chat", latch.EventBeforeRelease)
	require.Equal(t, "ann (by link)", decided.Lock.RemovedBy)
	require.Equal(t, latch.ViaPage, decided.Lock.Via)
}

// A run whose buttons could do nothing is refused, with what the worker lacks.
func TestButtonsThatCouldDoNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for preset, says := range map[string]string{"slack": "webhooks[0].interactive: who clicks is proven to the run by LATCH_LINK_KEY", "teams": "this worker has no LATCH_API_URL"} {
		run := b.start(latch.WorkflowRelease, preset+"-"+b.queue, chatRelease(preset, preset, b.receiver.URL, ""))
		err := run.Get(b.ctx, nil)
		require.Equal(t, latch.ErrorInvalidSpec, errorType(err))
		require.ErrorContains(t, err, says)
	}
}
