package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// freezeKeys are those of an operator, a pipeline, one of the group that may override a freeze, and
// somebody else.
const freezeKeys = "root:admin=root-key-0123456,pipeline:run=pipeline-key-0123456,ann:lock@incident=ann-key-0123456789,eve:lock@dev=eve-key-0123456789"

// frozenNow is a freeze that is always in force: its windows overlap all the year. It holds releases
// of prod.
const frozenNow = `{"when":"'prod' in release.vars.env","windows":[{"start":"0 0 1 1 *","end":"0 0 1 7 *"},{"start":"0 0 1 6 *","end":"0 0 1 2 *"}],
	"override":{"groups":["incident"],"reason":true}}`

// Contract, "Freeze": a release waits for a freeze before its first event, with a lock that those
// alone remove whom the freeze names. Other releases do not wait, and none does once it is deleted.
func TestFreeze(t *testing.T) {
	t.Parallel()
	b := setup(t, "LATCH_LINK_KEY", linkKey)
	s := b.serve("LATCH_API_KEYS", freezeKeys, "LATCH_LINK_KEY", linkKey)
	var registered latch.RegisteredFreeze
	s.as("root-key-0123456", "PUT", "/latch/v1/freezes/always", frozenNow).read(t, 200, &registered)
	require.True(t, registered.State.InForce)
	require.Equal(t, 403, s.as("pipeline-key-0123456", "DELETE", "/latch/v1/freezes/always", "").status)
	begin := func(id, env string) (workflowID string) {
		var started struct {
			WorkflowID string `json:"workflow_id"`
		}
		spec := fmt.Sprintf(`{"id":%q,"vars":{"env":[%q]},"steps":[{"name":"a","do":{"http":{"url":"{R}/work"}}}],
			"webhooks":[{"id":"told","url":"{R}/told","event":"BEFORE_RELEASE"}]}`, id+"-"+b.queue, env)
		s.as("pipeline-key-0123456", "POST", "/latch/v1/releases", s.spec(spec)).read(t, 201, &started)
		return started.WorkflowID
	}
	released := func(workflowID string) latch.ReleaseResult {
		var result latch.ReleaseResult
		require.NoError(t, shared.client.GetWorkflow(b.ctx, workflowID, "").Get(b.ctx, &result))
		require.Equal(t, latch.ReleaseReleased, result.Status)
		return result
	}

	require.Empty(t, freezesOf(released(begin("dev", "dev")).History), "when is false")
	work := b.came("/work")[""]
	workflowID := begin("prod", "prod")
	token := s.token(workflowID)
	require.Equal(t, 1, b.came("/told")[""], "of the other release alone: the freeze comes before BEFORE_RELEASE")
	lock := s.status(workflowID).Locks[0]
	require.Equal(t, "freeze:always", lock.Webhook)
	require.Equal(t, latch.EventBeforeRelease, lock.Event)
	require.Equal(t, []latch.MissingApproval{{Groups: []string{"incident"}, Count: 1}}, lock.Missing)

	release, removal := lockPath(token)+"/release", `{"reason":"outage"}`
	for _, refused := range []struct {
		key, body, says string
		status          int
	}{
		{"eve-key-0123456789", removal, "eve may not vote about this lock; may approve: 1 of incident", 403},
		{"root-key-0123456", removal, "root may not vote about this lock", 403},
		{"ann-key-0123456789", `{}`, "reason: required", 422},
	} {
		require.Contains(t, s.as(refused.key, "POST", release, refused.body).problem(t, refused.status).Detail, refused.says)
	}
	skip := s.as("root-key-0123456", "POST", "/latch/v1/releases/prod-"+b.queue+"/skip", `{"lock":"`+token+`","reason":"please"}`)
	require.Contains(t, skip.problem(t, 403).Detail, `freeze "always" is not skipped`)
	handle, err := shared.client.UpdateWorkflow(b.ctx,
		client.UpdateWorkflowOptions{WorkflowID: workflowID, UpdateName: latch.MessageReleaseLock,
			WaitForStage: client.WorkflowUpdateStageCompleted, Args: []any{latch.LockRelease{Lock: token, By: "ann",
				Groups: []string{"incident"}, Reason: "outage"}}})
	require.NoError(t, err)
	require.ErrorContains(t, handle.Get(b.ctx, nil), "the name ann is not proven", "Temporal's own message")
	require.Len(t, s.status(workflowID).Locks, 1)
	require.Equal(t, work, b.came("/work")[""])

	waits := begin("waits", "prod")
	s.token(waits)
	var record latch.Record
	s.as("ann-key-0123456789", "POST", release, removal).read(t, 200, &record)
	require.Equal(t, "ann", record.Lock.RemovedBy)
	require.Equal(t, "outage", record.Lock.Reason)
	require.Len(t, freezesOf(released(workflowID).History), 1)

	l := &lane{bench: b}
	l.keep("release-frozen", workflowID)

	s.as("root-key-0123456", "DELETE", "/latch/v1/freezes/always", "").read(t, 204, nil)
	require.Empty(t, freezesOf(released(begin("after", "prod")).History), "the freeze is deleted")
	require.Len(t, s.status(waits).Locks, 1, "who waits already waits on")
	s.as("pipeline-key-0123456", "POST", "/latch/v1/releases/waits-"+b.queue+"/stop", "").read(t, 200, nil)
	var stopped latch.ReleaseResult
	require.NoError(t, shared.client.GetWorkflow(b.ctx, waits, "").Get(b.ctx, &stopped))
	require.Equal(t, latch.ReleaseStopped, stopped.Status)
	l.keep("release-stopped-while-frozen", waits)
}

func freezesOf(records []latch.Record) []latch.Record {
	var found []latch.Record
	for _, record := range records {
		if strings.HasPrefix(record.Webhook, "freeze:") {
			found = append(found, record)
		}
	}
	return found
}

// Contract, "Freeze": a freeze whose windows are over, and one whose next window is to come, hold
// nothing, and a release has no more in its history than the question.
func TestAFreezeThatIsNotInForce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.serve()
	for id, windows := range map[string]string{"over": `{"start":"0 0 1 1 * 2020","end":"0 0 2 1 * 2020"}`,
		"comes": `{"start":"0 0 1 1 * 2099","end":"0 0 2 1 * 2099"}`} {
		var registered latch.RegisteredFreeze
		s.call("PUT", "/latch/v1/freezes/"+id, `{"windows":[`+windows+`],"under_way":"hold"}`).read(t, 200, &registered)
		require.False(t, registered.State.InForce)
		require.Equal(t, id == "comes", registered.State.Next != nil)
	}
	run := b.start(latch.WorkflowRelease, "release",
		b.spec(`{"id":"shop","steps":[{"name":"a","do":{"http":{"url":"{R}/a"}}},{"name":"b","do":{"http":{"url":"{R}/b"}}}]}`))
	var result latch.ReleaseResult
	require.NoError(t, run.Get(b.ctx, &result))
	require.Equal(t, latch.ReleaseReleased, result.Status)
	require.Empty(t, result.History)
	asked := 0
	for _, event := range b.events(run) {
		if strings.Contains(event.String(), protocol.ActivityFreezes) {
			asked++
		}
	}
	require.Equal(t, 1, asked, "when it begins, and not before a freeze may be in force")
}
