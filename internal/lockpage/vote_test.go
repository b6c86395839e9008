package lockpage_test

import (
	"html"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/api/apitest"
	"github.com/latch-run/latch/internal/voucher"
)

const lockDigest = "sha256:1111111111111111111111111111111111111111111111111111111111111111"

// voted is a lock with approvals, a form, and one vote.
func voted(t *testing.T, refused error) *apitest.Held {
	t.Helper()

	const schema = `{"required":["ticket"],"properties":{"ticket":{"type":"string","title":"Ticket"},"risk":{"enum":["low","high"]},"sure":{"type":"boolean"},"list":{}}}`
	run := apitest.HeldRun(latch.EventBeforeRelease, "", `,"approvals":[{"groups":["sre"],"count":2}]`, "", 0, latch.StepPending, latch.StepPending)
	vote := latch.Vote{By: "ann", Via: latch.ViaAPI, IdentifiedBy: latch.IdentifiedByKey, Result: latch.VoteApprove, At: latch.NewTime(apitest.Fixed), Reason: "<fine>"}
	record := latch.Record{DeliveryID: "dlv_1", Webhook: "board", Event: latch.EventBeforeRelease, WorkflowID: "release-1", RunID: "run-1",
		Result: latch.ResultPending, Lock: &latch.RecordLock{Token: apitest.Token, Digest: lockDigest,
			Extensions: []latch.Extension{{Until: latch.NewTime(apitest.Fixed.Add(48 * time.Hour)), By: "ann",
				Via: latch.ViaAPI}}}, StartedAt: latch.NewTime(apitest.Fixed), Approvals: []latch.Vote{vote}}
	status := latch.Status{ID: "1", Status: latch.ReleaseRunning, Locks: []latch.OpenLock{{Token: apitest.Token, Webhook: "board", Event: latch.EventBeforeRelease,
		Since: latch.NewTime(apitest.Fixed), Until: latch.NewTime(apitest.Fixed.Add(48 * time.Hour)), Digest: lockDigest,
		Escalates: &latch.Escalated{At: latch.NewTime(apitest.Fixed.Add(24 * time.Hour)), Groups: []string{"leads"},
			Users: []string{"eve"}}, Form: []byte(schema), Missing: []latch.MissingApproval{{Groups: []string{"sre"},
			Count: 1}}}}}
	held := &apitest.Held{Input: run.Input, Temporal: apitest.Running("release-1", func(name string) (any, error) {
		if name == latch.QueryStatus {
			return status, nil
		}
		return []latch.Record{record}, nil
	}, apitest.AlwaysUpdated(record, refused))}
	held.Run = held.Runs[0]
	held.Run.StartedWith(held.Input)
	return held
}

// Contract, "Approvals": the page shows the votes, what is missing and the form, and its buttons
// vote, with what was filled in, the lock's digest, and the proof of who the visitor is.
func TestPageOfApprovals(t *testing.T) {
	t.Parallel()
	key := []byte("0123456789abcdef")
	parsed, err := api.ParseKeys(apitest.Keys)
	require.NoError(t, err)
	options := api.Options{Keys: parsed, LinkKey: key}
	run := voted(t, nil)
	shown := apitest.Call(apitest.New(t, run, options), "GET", "/locks/"+apitest.Token+"?API_KEY=lock", "")
	require.Equal(t, 200, shown.Code, shown.Body)
	body := html.UnescapeString(shown.Body.String())
	for _, part := range []string{"ann approved, ", "(api, key): <fine>", "1 of sre", "Extended until ", " by ann",
		" on group leads, eve may vote as well", `value="approve"`, `value="reject"`, `value="withdraw"`,
		`Ticket (required)`, `<input name="data-ticket" value="">`, `<select name="data-risk">`, `<option>low</option>`, `<textarea name="data-list"`,
		`name="digest" value="sha256:1111`} {
		require.Contains(t, body, part)
	}
	require.NotContains(t, shown.Body.String(), "<fine>", "what others wrote is text")
	require.NotContains(t, body, `value="pass"`)
	proof := formField.FindStringSubmatch(shown.Body.String())[1]

	form := url.Values{"action": {"approve"}, "form": {proof}, "reason": {"ok"}, "digest": {lockDigest}, "data-ticket": {"17"}, "data-risk": {"high"}, "data-sure": {"true"}}
	sent := submit(t, run, options, "/locks/"+apitest.Token, form)
	require.Equal(t, 200, sent.Code, sent.Body)
	require.Len(t, run.Updates, 1)
	vote := run.Updates[0].Args[0].(latch.LockRelease)
	require.Equal(t, latch.VoteApprove, vote.Vote)
	require.Equal(t, lockDigest, vote.Digest)
	require.JSONEq(t, `{"ticket":"17","risk":"high","sure":true}`, string(apitest.Encode(t, vote.Data)))
	holder, err := voucher.NewKey(key).OfRemoval(vote)
	require.NoError(t, err)
	require.Equal(t, vote.By, holder.Name)
	require.Equal(t, latch.IdentifiedByKey, holder.IdentifiedBy)

	form.Set("data-list", "[1")
	wrong := submit(t, run, options, "/locks/"+apitest.Token, form)
	require.Contains(t, wrong.Body.String(), "data.list: is not JSON")
	require.Contains(t, wrong.Body.String(), `value="17"`, "what was typed stays")
	require.Len(t, run.Updates, 1)

	form = url.Values{"action": {"reject"}, "form": {proof}}
	require.Contains(t, submit(t, run, options, "/locks/"+apitest.Token, form).Body.String(), "Yes: Reject", "a rejection asks for confirmation")
	require.Len(t, run.Updates, 1)
}

// A vote that the run refuses shows the page again, with the reason.
func TestPageOfAVoteThatIsRefused(t *testing.T) {
	t.Parallel()
	run := voted(t, temporal.NewNonRetryableApplicationError("eve may not vote about this lock", latch.ErrorForbidden, nil))
	handler := apitest.New(t, run, api.Options{})
	shown := apitest.Call(handler, "GET", "/locks/"+apitest.Token, "").Body.String()
	form := url.Values{"action": {"approve"}, "form": {formField.FindStringSubmatch(shown)[1]}, "data-ticket": {"17"}}
	got := apitest.Call(handler, "POST", "/locks/"+apitest.Token, form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
	require.Equal(t, 200, got.Code)
	require.Contains(t, got.Body.String(), `<p role="alert" class="fail">eve may not vote about this lock</p>`)
	require.Contains(t, got.Body.String(), `name="data-ticket" value="17"`)
}
