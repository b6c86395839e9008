package chat_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api/apitest"
	"github.com/latch-run/latch/internal/chat"
	"github.com/latch-run/latch/internal/slack"
	"github.com/latch-run/latch/internal/slack/slacktest"
)

// Clicks are votes of the people who clicked, by their addresses and groups; the message says who
// has voted and what is missing, and once the lock is decided it says that and has no buttons.
func TestClicksVote(t *testing.T) {
	t.Parallel()
	d := newDesk(t, hold(t, 2, ""))
	first := d.click("UALICE", slack.ActionApprove)
	require.Len(t, first, 1)
	require.Equal(t, true, first[0]["replace_original"])
	require.Equal(t, "Ship it? | alice@example.com approved\nStill needed: 1 of sre | [buttons]", said(first[0]))
	vote := d.run.Updates[0].Args[0].(latch.LockRelease)
	require.Equal(t, digest, vote.Digest)
	require.True(t, strings.HasPrefix(d.run.Updates[0].UpdateID, "slack-slack-"), "the run learns the way, and how the name is known")
	require.Equal(t, latch.Vote{By: "alice@example.com", Via: latch.ViaSlack, IdentifiedBy: latch.IdentifiedBySlack,
		Result: latch.VoteApprove, Groups: []string{"sre"}}, d.run.now().Approvals[0])

	second := d.click("UBOB", slack.ActionApprove)
	require.Equal(t, "Ship it? | alice@example.com approved\nbob@example.com approved\n*Approved* by bob@example.com, via slack\nDecision: continue", said(second[0]))
	require.Equal(t, latch.ResultPass, d.run.now().Lock.Result)

	late := d.click("UALICE", slack.ActionReject)
	require.Len(t, late, 2)
	require.NotContains(t, said(late[0]), "[buttons]", "a late click shows the decision, wherever it was made")
	require.Equal(t, "ephemeral", late[1]["response_type"])
	require.Contains(t, said(late[1]), "its votes have approved it")
	require.Equal(t, latch.ResultPass, d.run.now().Lock.Result)
	require.Len(t, d.slack.Calls("/api/users.info"), 2, "an address is asked for once in a while")
	require.Len(t, d.slack.Calls("/api/auth.test"), 1)
	d.clock = d.clock.Add(6 * time.Minute)
	d.click("UBOB", slack.ActionApprove)
	require.Len(t, d.slack.Calls("/api/users.info"), 3)
}

// A rejection stops, with and without approvals.
func TestClickRejects(t *testing.T) {
	t.Parallel()
	d := newDesk(t, hold(t, 2, ""))
	require.Contains(t, said(d.click("UBOB", slack.ActionReject)[0]),
		"bob@example.com rejected\n*Rejected* by bob@example.com, via slack\nDecision: stop")
	require.Equal(t, latch.VoteReject, d.run.Updates[0].Args[0].(latch.LockRelease).Vote)
	require.Empty(t, d.run.Updates[0].Args[0].(latch.LockRelease).Data)

	plain := newDesk(t, hold(t, 0, ""))
	require.Contains(t, said(plain.click("UCAROL", slack.ActionReject)[0]), "*Rejected* by carol@example.com, via slack")
	require.Equal(t, "true", string(plain.run.Updates[0].Args[0].(latch.LockRelease).Data["stop_release"]),
		"a fail alone would let a release go on")
	again := plain.click("UCAROL", slack.ActionReject)
	require.Len(t, again, 1, "the same again changes nothing")
	other := plain.click("UALICE", slack.ActionApprove)
	require.Contains(t, said(other[1]), "with the result fail, and this asks for pass")
	require.Equal(t, latch.ResultFail, plain.run.now().Lock.Result)
}

// What was decided elsewhere is shown to whoever clicks late.
func TestAClickAfterADecisionElsewhere(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		via, result, decision, reason, want string
	}{
		"the page":     {latch.ViaPage, latch.ResultPass, latch.Continue, "", "*Approved* by ann, via page\nDecision: continue"},
		"its timeout":  {latch.ViaTimeout, "", latch.Stop, "", "*The lock timed out.* by ann, via timeout"},
		"a rollback":   {latch.ViaOverride, "", latch.Rollback, "<!channel> stop", "*The lock was closed*: &lt;!channel&gt; stop"},
		"a rejection":  {latch.ViaAPI, latch.ResultFail, latch.Stop, "", "*Rejected* by ann, via api\nDecision: stop"},
		"an <!odd> by": {latch.ViaAPI, latch.ResultFail, latch.Stop, "", "*Rejected* by"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, hold(t, 0, ""))
			d.run.close(test.via+"-key-1", "ann", test.result, nil)
			d.run.record.Lock.Via, d.run.record.Lock.Reason, d.run.record.Decision = test.via, test.reason, test.decision
			shown := d.click("UALICE", slack.ActionApprove)
			require.Contains(t, said(shown[0]), test.want)
			require.NotContains(t, said(shown[0]), "<!", "what others wrote rings nobody")
			require.NotContains(t, said(shown[0]), "[buttons]")
		})
	}
}

// Whoever is not known, or may not vote, is told so alone, and nothing changes; the message stays.
func TestClicksThatDoNotCount(t *testing.T) {
	t.Parallel()
	change := func(key string, value any) func(map[string]any) {
		return func(user map[string]any) { user[key] = value }
	}
	for name, test := range map[string]struct {
		user  string
		as    func(map[string]any)
		value string
		slack int
		says  string
		// reaches says that the run is asked.
		reaches bool
	}{
		"not entitled":         {user: "UCAROL", says: "carol@example.com may not vote about this lock; may approve: 2 of sre", reaches: true},
		"not among the people": {user: "UEVE", says: "eve@example.com may not decide here: LATCH_PEOPLE does not name this address."},
		"unknown to Slack":     {user: "UNOBODY", says: "Slack could not be asked who you are"},
		"of another company":   {user: "UALICE", as: change("team_id", "T9OTHER"), says: "You are not a member of the workspace"},
		"a stranger":           {user: "UALICE", as: change("is_stranger", true), says: "You are not a member of the workspace"},
		"not confirmed": {user: "UALICE", as: change("is_email_confirmed", false),
			says: "Slack has not confirmed your e-mail address."},
		"nothing is said of it": {user: "UALICE", as: func(user map[string]any) { delete(user, "is_email_confirmed") },
			says: "Slack has not confirmed your e-mail address."},
		"without the scope": {user: "UALICE", as: change("profile", map[string]any{"real_name": "Alice"}),
			says: "Slack tells no e-mail address of yours."},
		"deleted":       {user: "UALICE", as: change("deleted", true), says: "not the account of a person who is active"},
		"a bot":         {user: "UALICE", as: change("is_bot", true), says: "not the account of a person who is active"},
		"another user":  {user: "UALICE", as: change("id", "UBOB"), says: "Slack could not be asked who you are"},
		"Slack is away": {user: "UALICE", slack: 503, says: ""},
		"another digest": {user: "UALICE", value: `{"lock":"` + apitest.Token + `","digest":"sha256:22"}`,
			says: "its digest is " + digest + ", and this names sha256:22", reaches: true},
		"a lock that is gone": {user: "UALICE", value: `{"lock":"release-1:chat:gone"}`,
			says: `Run release-1 has no lock "release-1:chat:gone".`},
		"a run that is gone": {user: "UALICE", value: `{"lock":"release-9:chat:abc"}`,
			says: `No run "release-9" could have made this lock.`},
		"no lock":                {user: "UALICE", value: `{"lock":"abc"}`, says: `"abc" is not a lock's token.`},
		"no value":               {user: "UALICE", value: "x", says: "This button is not one of Latch's."},
		"a value of other shape": {user: "UALICE", value: `{"lock":{}}`, says: "This button is not one of Latch's."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, hold(t, 2, ""))
			if test.as != nil {
				d.slack.Users[test.user] = slacktest.User{Email: d.slack.Users[test.user].Email, Change: test.as}
			}
			d.slack.Away = test.slack
			payload := d.slack.Click(test.user, d.message(itsLock), slack.ActionApprove, d.clock)
			if test.value != "" {
				payload["actions"].([]any)[0].(map[string]any)["value"] = test.value
			}
			got := d.send(d.api, slacktest.Signed(payload, d.clock))
			require.Equal(t, 200, got.Code, got.Body)
			told := d.written(0)
			require.Len(t, told, 1)
			if test.slack == 0 {
				require.Equal(t, "ephemeral", told[0]["response_type"], "nobody else is told")
				require.Equal(t, false, told[0]["replace_original"])
				require.Contains(t, told[0]["text"], test.says)
			}
			require.Equal(t, test.reaches, len(d.run.Updates) > 0)
			require.Empty(t, d.run.now().Approvals)
			require.True(t, d.run.now().Lock.Open())
		})
	}
}

// What is not signed by Slack, lately and for the first time, is refused, each with its own answer,
// and changes nothing.
func TestRequestsThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*slacktest.Request)
		after  time.Duration
		status int
		says   string
	}{
		"altered": {func(r *slacktest.Request) { r.Body = strings.Replace(r.Body, "UALICE", "UBOB", 1) }, 0, 401,
			"the signature was not made for this body"},
		"wrong version": {func(r *slacktest.Request) { r.Headers["X-Slack-Signature"] = "v1" + r.Headers["X-Slack-Signature"][2:] }, 0, 401, "the signature is not of version v0"},
		"no signature":  {func(r *slacktest.Request) { delete(r.Headers, "X-Slack-Signature") }, 0, 401, "are required, once each"},
		"no timestamp":  {func(r *slacktest.Request) { delete(r.Headers, "X-Slack-Request-Timestamp") }, 0, 401, "are required, once each"},
		"another time": {func(r *slacktest.Request) { r.Headers["X-Slack-Request-Timestamp"] = "1782907201" }, 0, 401,
			"the signature was not made for this body and time"},
		"late": {nil, 5*time.Minute + time.Second, 401, "more than five minutes from now"},
		"too large": {func(r *slacktest.Request) {
			*r = slacktest.SignedBody("payload="+strings.Repeat("x", 1<<20), slacktest.SigningSecret, noon)
		}, 0, 413, "more than 1048576 bytes"},
		"another secret": {func(r *slacktest.Request) {
			*r = slacktest.SignedBody(r.Body, "another-secret-0123456789", noon)
		}, 0, 401, "by this app's signing secret"},
		"no payload": {func(r *slacktest.Request) {
			*r = slacktest.SignedBody("x=1", slacktest.SigningSecret, noon)
		}, 0, 400, "payload 0 times"},
		"no JSON": {func(r *slacktest.Request) {
			*r = slacktest.SignedBody("payload=x", slacktest.SigningSecret, noon)
		}, 0, 400, "is not Slack's JSON"},
		"without a user": {func(r *slacktest.Request) {
			*r = slacktest.SignedBody("payload="+url.QueryEscape(`{"type":"block_actions"}`), slacktest.SigningSecret, noon)
		}, 0, 400, "names no user"},
		"an empty body": {func(r *slacktest.Request) { *r = slacktest.SignedBody("", slacktest.SigningSecret, noon) },
			0, 400, "payload 0 times"},
		"a key, unsigned": {func(r *slacktest.Request) { r.Headers = map[string]string{"X-API-Key": "admin"} }, 0, 401,
			"are required, once each"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, hold(t, 2, ""))
			request := d.clicked("UALICE", slack.ActionApprove)
			if test.change != nil {
				test.change(&request)
			}
			d.clock = d.clock.Add(test.after)
			require.Contains(t, apitest.ProblemOf(t, d.send(d.api, request), test.status).Detail, test.says)
			require.Empty(t, d.run.Updates)
			require.Empty(t, d.run.Asked)
			require.Empty(t, d.slack.Calls("/"))
		})
	}
}

// A request counts once. Sent again, to this process or to another, it changes nothing: not even
// if the person has changed their mind meanwhile.
func TestARequestCountsOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t, hold(t, 2, ""))
	request := d.clicked("UALICE", slack.ActionApprove)
	require.Equal(t, 200, d.send(d.api, request).Code)
	require.Len(t, d.run.Updates, 1)
	d.clock = d.clock.Add(4 * time.Minute)
	require.Contains(t, apitest.ProblemOf(t, d.send(d.api, request), 409).Detail, "taken before")
	require.Len(t, d.run.Updates, 1)

	another := d.another()
	require.Equal(t, 200, d.send(another, request).Code)
	require.Len(t, d.run.Updates, 2, "another process does not remember it")
	require.Len(t, d.run.now().Approvals, 1)
	require.Len(t, d.run.votes, 1)

	withdrawn := approve(d, latch.VoteWithdraw)
	require.Empty(t, withdrawn.Approvals)
	third := d.another()
	before := len(d.slack.Responses())
	require.Equal(t, 200, d.send(third, request).Code)
	require.Contains(t, said(d.written(before)[0]), "alice@example.com has voted again since this vote was made")
	require.Empty(t, d.run.now().Approvals, "a vote that was taken back does not come back")
}

// approve has alice vote through the API itself, and returns the record.
func approve(d *desk, vote string) latch.Record {
	d.Helper()
	removal := latch.LockRelease{Lock: apitest.Token, Vote: vote, By: "alice@example.com"}
	require.NoError(d, d.run.voteAs(&removal, "alice@example.com", noon.Add(time.Minute)))
	return d.run.now()
}

// After a few wrong signatures from an address, the next wait; Slack itself does not, once it has
// called from there.
func TestGuessesAreSlowedDown(t *testing.T) {
	t.Parallel()
	d := newDesk(t, hold(t, 2, ""))
	require.Equal(t, 200, d.send(d.api, d.clicked("UALICE", slack.ActionApprove)).Code)
	wrong := slacktest.SignedBody("payload=x", "another-secret-0123456789", noon)
	slowed := false
	for range 12 {
		slowed = d.send(d.api, wrong).Code == 429
	}
	require.True(t, slowed)
	require.Contains(t, apitest.ProblemOf(t, d.send(d.api, wrong), 429).Detail, "Too many wrong signatures came from this address")
	d.clock = d.clock.Add(time.Second)
	require.Equal(t, 200, d.send(d.api, d.clicked("UBOB", slack.ActionApprove)).Code)
}

// Interactions that are not about a lock are acknowledged, and nothing else happens.
func TestOtherInteractions(t *testing.T) {
	t.Parallel()
	d := newDesk(t, hold(t, 2, ""))
	of := func(payload map[string]any) map[string]any {
		payload["user"] = map[string]any{"id": "UALICE"}
		return payload
	}
	for _, payload := range []map[string]any{
		d.slack.Click("UALICE", d.message(itsLock), slack.ActionOpen, d.clock),
		d.slack.Click("UALICE", d.message(itsLock), "a-button-of-mine", d.clock),
		of(map[string]any{"type": "block_actions", "actions": []any{}}), of(map[string]any{"type": "view_closed"}), of(map[string]any{"type": "shortcut"}),
		of(map[string]any{"type": "view_submission", "view": map[string]any{"callback_id": "another"}}), of(map[string]any{}),
	} {
		got := d.send(d.api, slacktest.Signed(payload, d.clock))
		require.Equal(t, 200, got.Code, got.Body)
		require.Empty(t, got.Body.String())
	}
	require.Empty(t, d.run.Updates)
	require.Empty(t, d.slack.Calls("/"))
}

// Without a signing secret nothing is taken from Slack, and the answer says what is missing.
func TestWithoutAnApp(t *testing.T) {
	t.Parallel()
	d := newDesk(t, hold(t, 2, ""))
	d.options = chat.Options{}
	require.Contains(t, apitest.ProblemOf(t, d.send(d.another(), d.clicked("UALICE", slack.ActionApprove)), 404).Detail,
		"LATCH_SLACK_SIGNING_SECRET is not set")
	require.Empty(t, d.run.Asked)
}

// Slack waits three seconds, so the answer does not wait for the run, and the vote goes on.
func TestAnswersInTime(t *testing.T) {
	t.Parallel()
	d := newDesk(t, hold(t, 2, ""))
	d.run.hold = make(chan struct{})
	d.options.Patience = time.Millisecond
	got := d.send(d.another(), d.clicked("UALICE", slack.ActionApprove))
	require.Equal(t, 200, got.Code)
	require.Empty(t, got.Body.String())
	require.Empty(t, d.slack.Responses())
	close(d.run.hold)
	require.Eventually(t, func() bool { return len(d.slack.Responses()) == 1 }, 10*time.Second, time.Millisecond)
	require.Len(t, d.run.now().Approvals, 1)
}

// A response_url that is not Slack's is not called; the vote counts all the same.
func TestAForeignResponseURL(t *testing.T) {
	t.Parallel()
	d := newDesk(t, hold(t, 2, ""))
	other := slacktest.New(t)
	payload := d.slack.Click("UALICE", d.message(itsLock), slack.ActionApprove, d.clock)
	payload["response_url"] = other.ResponseURL()
	require.Equal(t, 200, d.send(d.api, slacktest.Signed(payload, d.clock)).Code)
	require.Empty(t, other.Calls("/"))
	require.Len(t, d.run.now().Approvals, 1)
}
