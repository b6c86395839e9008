package e2e

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/locklink"
)

// voterKeys are those of people who vote. The starter is one of them.
const voterKeys = "starter:run@sre=starter-key-0123456,ann:lock@sre=ann-key-0123456789,bob:lock@sre+dev=bob-key-0123456789," +
	"eve:lock@dev=eve-key-0123456789,eye:read@sre=eye-key-0123456789"

// approved is a release that two of sre approve, with a form.
func approved(id string) string {
	return strings.Replace(heldRelease(id), `"blocking":true`, `"blocking":true,"allow_self":false,"approvals":[{"groups":["sre"],"count":2}],
		"form":{"required":["ticket"],"properties":{"ticket":{"type":"string","pattern":"^OPS-"}}},"stop_release":"history.approvals.size() != 2"`, 1)
}

// Contract, "Approvals": votes come by the API, by the lock's page, by its link and by Temporal
// itself; those count whose sender may vote and is known, each refusal says why and changes
// nothing, and there is one record.
func TestApprovals(t *testing.T) {
	t.Parallel()
	b := setup(t, "LATCH_API_URL", "https://latch.example.com", "LATCH_LOCK_LINKS", "true", "LATCH_LINK_KEY", linkKey)
	s := b.serve("LATCH_API_KEYS", voterKeys, "LATCH_LOCK_LINKS", "true", "LATCH_LINK_KEY", linkKey)
	var started struct {
		WorkflowID string `json:"workflow_id"`
	}
	s.as("starter-key-0123456", "POST", "/latch/v1/releases", approved("approvals-"+b.queue)).read(t, 201, &started)
	token := s.token(started.WorkflowID)
	digest := b.status(started.WorkflowID).Locks[0].Digest
	require.Regexp(t, `^sha256:[0-9a-f]{64}$`, digest)
	release, page := lockPath(token)+"/release", "/locks/"+url.PathEscape(token)
	const ticket = `"data":{"ticket":"OPS-1"}`

	refused := func(key, body string, status int, says string) {
		t.Helper()
		require.Contains(t, s.as(key, "POST", release, body).problem(t, status).Detail, says)
		require.Len(t, b.status(started.WorkflowID).Locks, 1)
	}
	refused("eve-key-0123456789", `{"vote":"approve",`+ticket+`}`, 403, "eve may not vote about this lock; may approve: 2 of sre")
	refused("starter-key-0123456", `{"vote":"approve",`+ticket+`}`, 403, "starter has started this run, and allow_self is false")
	refused("eye-key-0123456789", `{"vote":"approve",`+ticket+`}`, 403, "")
	refused("ann-key-0123456789", `{"vote":"approve"}`, 422, "data.ticket: required")
	refused("ann-key-0123456789", `{"vote":"approve","data":{"ticket":"1"}}`, 422, "data.ticket: ")
	refused("ann-key-0123456789", `{"vote":"approve","digest":"sha256:`+strings.Repeat("0", 64)+`",`+ticket+`}`, 409, "its digest is "+digest)
	refused("ann-key-0123456789", `{"vote":"withdraw"}`, 422, "ann has no vote to withdraw")

	// By Temporal itself nobody's name is proven, also with the API's kind of update id.
	for _, id := range []string{"direct", "api-admin-key-1"} {
		handle, err := shared.client.UpdateWorkflow(b.ctx, client.UpdateWorkflowOptions{UpdateID: id, WorkflowID: started.WorkflowID, UpdateName: latch.MessageReleaseLock,
			WaitForStage: client.WorkflowUpdateStageCompleted, Args: []any{latch.LockRelease{Lock: token, By: "ann", Groups: []string{"sre"}, Vote: latch.VoteApprove,
				Data: latch.Object{"ticket": []byte(`"OPS-1"`)}}}})
		require.NoError(t, err)
		err = handle.Get(b.ctx, nil)
		require.Equal(t, latch.ErrorForbidden, errorType(err), "%v", err)
		require.ErrorContains(t, err, "the name ann is not proven")
	}
	link := page + "?link=" + locklink.Sign([]byte(linkKey), token)
	shown := s.page(link, 200)
	linked := s.submit(link, url.Values{"form": {form(t, shown)}, "action": {"approve"}, "name": {"ann"}, "data-ticket": {"OPS-1"}})
	require.Contains(t, linked.body, "the name ann (by link) is not proven (it was typed on the page of a link)")

	var first, again latch.Released
	s.as("ann-key-0123456789", "POST", release, `{"vote":"approve","reason":"fine","digest":"`+digest+`",`+ticket+`}`).read(t, 200, &first)
	require.True(t, first.Lock.Open())
	require.Equal(t, []latch.MissingApproval{{Groups: []string{"sre"}, Count: 1}}, first.Missing)
	require.Len(t, first.Approvals, 1)
	require.Equal(t, latch.IdentifiedByKey, first.Approvals[0].IdentifiedBy)
	s.as("ann-key-0123456789", "POST", release, `{"vote":"approve",`+ticket+`}`).read(t, 200, &again)
	require.True(t, again.Unchanged)
	require.Equal(t, first.Approvals, again.Approvals)

	var state struct{ Missing []latch.MissingApproval }
	s.as("eye-key-0123456789", "GET", lockPath(token), "").read(t, 200, &state)
	require.Equal(t, first.Missing, state.Missing)
	mine := s.page(page+"?API_KEY=bob-key-0123456789", 200)
	require.Contains(t, mine, "ann approved, ")
	require.Contains(t, mine, "1 of sre")
	done := s.submit(page, url.Values{"form": {form(t, mine)}, "action": {"approve"}, "data-ticket": {"OPS-2"}, "digest": {digest}})
	require.Equal(t, 200, done.status, done.body)
	require.Contains(t, done.body, "This lock is done")

	late := s.as("eve-key-0123456789", "POST", release, `{"vote":"approve",`+ticket+`}`).problem(t, 409)
	require.Contains(t, late.Detail, "its votes have approved it")
	s.as("bob-key-0123456789", "POST", release, `{"vote":"approve","data":{"ticket":"OPS-2"}}`).read(t, 200, &again)
	require.True(t, again.Unchanged, "who decided it gets the record")
	s.as("ann-key-0123456789", "POST", lockPath(s.token(started.WorkflowID))+"/release", "").read(t, 200, nil)
	var result latch.ReleaseResult
	require.NoError(t, shared.client.GetWorkflow(b.ctx, started.WorkflowID, "").Get(b.ctx, &result))
	require.Equal(t, latch.ReleaseReleased, result.Status)
	decided := record(t, result.History, "board", latch.EventBeforeRelease)
	require.Equal(t, "bob", decided.Lock.RemovedBy)
	require.Equal(t, latch.ViaPage, decided.Lock.Via)
	require.JSONEq(t, `"OPS-2"`, string(decided.Data["ticket"]))
	require.Len(t, decided.Approvals, 2)
}

// Contract, "Approvals": a run whose starter nobody knows has no allow_self, and a worker without
// a key no approvals that count proven names alone.
func TestApprovalsThatCannotBeHeld(t *testing.T) {
	t.Parallel()
	b := setup(t, "LATCH_LINK_KEY", linkKey)
	for _, test := range []struct{ name, input, says string }{
		{"unknown starter", approved("unknown-" + b.queue), "webhooks[0].events[0].allow_self: false, and nobody has proven who starts this run"},
		{"forged starter", approved("forged-" + b.queue), "webhooks[0].events[0].allow_self"},
	} {
		t.Run(test.name, func(t *testing.T) {
			options := client.StartWorkflowOptions{ID: "release-" + test.name + b.queue, TaskQueue: b.queue}
			if test.name == "forged starter" {
				options.Memo = map[string]any{latch.MemoStarter: "e30.AAAA"}
			}
			run, err := shared.client.ExecuteWorkflow(b.ctx, options, latch.WorkflowRelease, json.RawMessage(test.input))
			require.NoError(t, err)
			err = run.Get(b.ctx, nil)
			require.Equal(t, latch.ErrorInvalidSpec, errorType(err))
			require.ErrorContains(t, err, test.says)
		})
	}
	t.Run("without a key", func(t *testing.T) {
		without := setup(t)
		run, err := shared.client.ExecuteWorkflow(without.ctx,
			client.StartWorkflowOptions{ID: "release-" + without.queue, TaskQueue: without.queue},
			latch.WorkflowRelease, json.RawMessage(approved("without-"+without.queue)))
		require.NoError(t, err)
		require.ErrorContains(t, run.Get(without.ctx, nil), "this worker has no LATCH_LINK_KEY to verify them by")
	})
}
