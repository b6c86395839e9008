package main

import (
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

var heldRelease = showcase{
	title:  "A release waits until a blocking webhook's lock is removed",
	source: mdoq,
	says: `Some events will have a 'blocking' option, when enabled MDOQ will halt whatever the process is
that triggered the event, until a lock as been removed.
The lock will be provided as a post variable "lock": "some:lock:value"`,
	play: func(s *scene) {
		s.answers("/change-board", receiver.JSON(202, `{"ticket":"CAB-17"}`))
		run := s.start(latch.WorkflowRelease, "release-shop-4.2", "Shop 4.2", latch.Release{
			ID: "shop-4.2", Title: "Shop 4.2", Steps: s.steps(),
			Webhooks: []latch.Webhook{{
				ID: "change-board", URL: s.receiver.URL + "/change-board",
				Events: []latch.Event{{Event: latch.EventBeforeRelease, Blocking: true}},
			}},
		})
		request := s.arrived("/change-board", 1)[0]
		var body struct {
			Event string `json:"event"`
			Lock  string `json:"lock"`
		}
		s.decode(request.Body, &body)
		require.Equal(s, latch.EventBeforeRelease, body.Event)
		require.Regexp(s, `^release-shop-4\.2:change-board:.{16,}$`, body.Lock, "the lock")
		require.Equal(s, body.Lock, request.Header.Get("X-Latch-Lock"), "the lock's header")

		s.checkHeld(run, body.Lock)
		s.removeLock(run, body.Lock)

		result := s.release(run, latch.ReleaseReleased)
		require.Equal(s, []string{"do-1", "do-2"}, s.taken(), "the steps taken, in order")
		require.Equal(s, "removed by alice: approved in CAB-17", removal(result.History[0]), "the record's removal")
		s.right("the release went on and is released; its history says who let it go, and why")
	},
}

// checkHeld checks that the release waits although its endpoint has answered.
func (s *scene) checkHeld(run client.WorkflowRun, lock string) {
	var records []latch.Record
	s.await("the answer of change-board in the history", func() bool {
		s.query(run, latch.QueryHistory, &records)
		return len(records) == 1 && records[0].Response != nil
	})
	require.Equal(s, 202, records[0].Response.Status, "the webhook's answer")
	require.Equal(s, latch.ResultPending, records[0].Result, "the record's result")
	var status latch.Status
	s.query(run, latch.QueryStatus, &status)
	s.came("status: %s, %s; %d lock, of %s at %s", status.Status, status.Phase, len(status.Locks), status.Locks[0].Webhook, status.Locks[0].Event)
	require.Equal(s, latch.ReleaseRunning, status.Status, "the release's status")
	require.Len(s, status.Locks, 1, "locks that the release waits for")
	require.Equal(s, lock, status.Locks[0].Token, "the lock that it waits for")
	for _, step := range status.Steps {
		require.Equal(s, latch.StepPending, step.Status, "status of %s", step.Name)
	}
	require.Empty(s, s.taken(), "steps taken while the lock stands")
	s.right("the endpoint has answered, and still the release waits: no step was taken")
}

// removeLock removes the lock, as people would when they agree.
func (s *scene) removeLock(run client.WorkflowRun, lock string) {
	s.does("update %s of %s: by alice, \"approved in CAB-17\"", latch.MessageReleaseLock, run.GetID())
	update, err := s.up.Client.UpdateWorkflow(s.ctx, client.UpdateWorkflowOptions{
		WorkflowID: run.GetID(), RunID: run.GetRunID(), UpdateName: latch.MessageReleaseLock,
		Args:         []any{latch.LockRelease{Lock: lock, By: "alice", Reason: "approved in CAB-17"}},
		WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	require.NoError(s, err, "update %s", latch.MessageReleaseLock)
	var record latch.Record
	require.NoError(s, update.Get(s.ctx, &record), "answer of the update")
	s.came("its record: %s, %s (via %s)", record.Result, removal(record), record.Lock.Via)
	require.Equal(s, latch.ResultPass, record.Result, "the record's result")
	require.Equal(s, latch.ViaUpdate, record.Lock.Via, "how the lock was removed")
}

func removal(record latch.Record) string {
	if record.Lock == nil {
		return "no lock"
	}
	return "removed by " + record.Lock.RemovedBy + ": " + record.Lock.Reason
}
