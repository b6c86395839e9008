package apitest

import (
	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/runs/runstest"
)

// Token is the lock of a [HeldRun].
const Token = "release-1:board:abc"

// A Held is a Temporal with one run, of a release.
type Held struct {
	*runstest.Temporal
	Run *runstest.Run
	// Input is what the run was started with.
	Input string
}

// HeldRun is a release of two steps, each with an undo, that the webhook
// "board" holds, with the event's settings and the steps' statuses given.
func HeldRun(event, step, settings, rest string, others int, statuses ...string) *Held {
	status := latch.Status{ID: "1", Status: latch.ReleaseRunning, Event: event,
		Locks: []latch.OpenLock{{Token: Token, Webhook: "board", Event: event, Since: latch.NewTime(Fixed), Until: latch.NewTime(Fixed)}}}
	for range others {
		status.Locks = append(status.Locks, latch.OpenLock{Token: "release-1:other:x", Webhook: "other", Event: event})
	}
	for i, each := range statuses {
		status.Steps = append(status.Steps, latch.StepResult{Name: []string{"migrate", "switch"}[i], Status: each})
	}
	record := latch.Record{DeliveryID: "dlv_1", Webhook: "board", Event: event, Step: step, WorkflowID: "release-1", RunID: "run-1",
		Result: latch.ResultPending, Lock: &latch.RecordLock{Token: Token}, StartedAt: latch.NewTime(Fixed)}
	const task = `{"http":{"url":"https://example.com/"}}`
	held := &Held{Temporal: Running("release-1", func(name string) (any, error) {
		if name == latch.QueryStatus {
			return status, nil
		}
		return []latch.Record{record}, nil
	}, AlwaysUpdated(record, nil)),
		Input: `{"id":"1","title":"<b>Shop</b>","vars":{"env":"prod"},` + rest + `"webhooks":[{"id":"board","events":[{"event":"` + event + `","blocking":true` + settings + `}]}],
			"steps":[{"name":"migrate","do":` + task + `,"undo":` + task + `},{"name":"switch","do":` + task + `,"undo":` + task + `}]}`}
	held.Run = held.Runs[0]
	held.Run.StartedWith(held.Input)
	return held
}
