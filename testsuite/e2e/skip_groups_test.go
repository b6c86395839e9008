package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/voucher"
)

// managerKeys are those of an operator, a pipeline, somebody who may skip the gate, and somebody of
// another group.
const managerKeys = "root:admin=root-key-0123456,pipeline:run=pipeline-key-0123456,ann:run@managers=ann-key-0123456789,eve:run@dev=eve-key-0123456789"

// Contract, "Registered webhook": with skip_groups only their members skip an enforced hook, with a
// name that is proven and for that hook alone, whatever their role and whichever way it comes.
func TestSkipGroups(t *testing.T) {
	t.Parallel()
	b := setup(t, "LATCH_LINK_KEY", linkKey)
	s := b.serve("LATCH_API_KEYS", managerKeys, "LATCH_LINK_KEY", linkKey)
	s.as("root-key-0123456", "PUT", "/latch/v1/webhooks/board", `{"enforced":true,"skip_groups":["managers"],
		"events":[{"event":"BEFORE_STEP","blocking":true}]}`).read(t, 200, nil)
	id := "shop-" + b.queue
	var started struct {
		WorkflowID string `json:"workflow_id"`
	}
	s.as("pipeline-key-0123456", "POST", "/latch/v1/releases",
		s.spec(fmt.Sprintf(`{"id":%q,"steps":[{"name":"a","do":{"http":{"url":"{R}/work"}}},
		{"name":"b","do":{"http":{"url":"{R}/work"}}}]}`, id))).read(t, 201, &started)
	run := shared.client.GetWorkflow(b.ctx, started.WorkflowID, "")
	path, token := "/latch/v1/releases/"+id+"/skip", s.token(started.WorkflowID)
	named := `{"webhook":"board","event":"BEFORE_STEP","reason":"late"}`

	for key, says := range map[string]string{"root-key-0123456": "root is not",
		"pipeline-key-0123456": "pipeline is not", "eve-key-0123456789": "eve is not"} {
		for _, skip := range []string{named, `{"lock":"` + token + `","reason":"late"}`} {
			require.Contains(t, s.as(key, "POST", path, skip).problem(t, 403).Detail,
				`only members of managers may skip webhook "board", and `+says)
		}
	}

	// To Temporal itself nobody's name is proven, and a proof counts for what it was made.
	holder := voucher.Holder{Name: "ann", Groups: []string{"managers"}, IdentifiedBy: latch.IdentifiedByKey,
		Issued: latch.NewTime(time.Now())}
	skip := latch.Skip{Webhook: "board", Event: latch.EventBeforeStep, By: "ann", Reason: "late"}
	first := b.history(started.WorkflowID)[0].DeliveryID
	proven := func(key, delivery string) latch.Skip {
		with := skip
		var err error
		with.Voucher, err = voucher.NewKey([]byte(key)).ForSkip(holder, delivery, skip)
		require.NoError(t, err)
		return with
	}
	changed := proven(linkKey, first)
	changed.Reason = "another"
	for name, message := range map[string]latch.Skip{"none": skip, "forged": proven("another key of as many bytes..", first),
		"of another hook": proven(linkKey, "dlv_another"), "of another message": changed} {
		for _, update := range []string{"direct-" + name, "api-admin-key-" + name} {
			handle, err := shared.client.UpdateWorkflow(b.ctx,
				client.UpdateWorkflowOptions{UpdateID: update, WorkflowID: started.WorkflowID,
					UpdateName: latch.MessageSkip, WaitForStage: client.WorkflowUpdateStageCompleted, Args: []any{message}})
			require.NoError(t, err)
			require.Equal(t, latch.ErrorForbidden, errorType(handle.Get(b.ctx, nil)), name)
		}
	}
	require.NoError(t, shared.client.SignalWorkflow(b.ctx, started.WorkflowID, "", latch.MessageSkip, skip))
	require.Eventually(t, func() bool { return len(s.status(started.WorkflowID).Rejected) == 1 }, patience, tick)
	require.Equal(t, latch.ErrorForbidden, errorType(b.update(run, latch.MessageRecord,
		latch.RecordUpdate{DeliveryID: first, Result: latch.ResultPass}, nil)))
	require.Equal(t, token, s.token(started.WorkflowID), "nothing was changed")

	var record latch.Record
	s.as("ann-key-0123456789", "POST", path, named).read(t, 200, &record)
	require.Equal(t, latch.ResultSkipped, record.Result)
	require.Equal(t, "ann", record.Lock.RemovedBy)
	require.Equal(t, latch.IdentifiedByKey, record.Lock.IdentifiedBy)

	// Whoever sees the proof cannot use it for the next step.
	require.Eventually(t, func() bool {
		locks := s.status(started.WorkflowID).Locks
		return len(locks) == 1 && locks[0].Step == "b"
	}, patience, tick)
	require.Equal(t, latch.ErrorForbidden, errorType(b.update(run, latch.MessageSkip, proven(linkKey, first), nil)))
	token = s.token(started.WorkflowID)
	s.as("ann-key-0123456789", "POST", path, `{"lock":"`+token+`","reason":"late"}`).read(t, 200, &record)
	var result latch.ReleaseResult
	require.NoError(t, run.Get(b.ctx, &result))
	require.Equal(t, latch.ReleaseReleased, result.Status)
}
