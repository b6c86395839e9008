package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// Contract, "Records": status names the hooks that a run waits for without a lock: what each lacks,
// and what happens when. One that only records what it decides is marked.
func TestStatusHasUndecidedHooks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.answers["/down"], b.answers["/yes"], b.answers["/measure"] = "", passAnswer, passAnswer
	var undecided []latch.UndecidedHook
	b.env.RegisterDelayedCallback(func() {
		status := b.status()
		require.Len(t, status.Locks, 1, "a hook with an open lock is listed there")
		undecided = status.Undecided
		b.env.SignalWorkflow(latch.MessageStop, latch.Control{By: "ann"})
	}, 30*time.Minute)
	require.Error(t, b.run(latch.WorkflowGate, `{"event":"DEPLOY","webhooks":[
		{"id":"board","events":[{"event":"DEPLOY","blocking":true}]},
		{"id":"yes","url":"$R/yes","event":"DEPLOY"},
		{"id":"other","url":"$R/yes","event":"ELSE"},
		{"id":"down","url":"$R/down","events":[{"event":"DEPLOY","answer_timeout":"5h","on_error":"rollback"}]},
		{"id":"rate","event":"DEPLOY","analysis":{"http":{"url":"$R/measure"},"interval":"10m","count":20,"success":"true"}},
		{"id":"bake","event":"DEPLOY","soak":"2h"},
		{"id":"eye","url":"$R/down","events":[{"event":"DEPLOY","enforce":false}]}]}`))
	require.Len(t, undecided, 4)
	type hook struct {
		webhook, waitsFor string
		until             time.Duration
		onTimeout         string
		observes          bool
	}
	var got []hook
	for _, each := range undecided {
		require.Equal(t, "DEPLOY", each.Event)
		shown := hook{webhook: each.Webhook, waitsFor: each.WaitsFor, onTimeout: each.OnTimeout, observes: each.Observes}
		if !each.Until.IsZero() {
			shown.until = each.Until.Sub(each.Since.Time)
		}
		got = append(got, shown)
	}
	got[1].until = got[1].until.Truncate(time.Hour) // what the analysis can take at most, with its errors
	require.Equal(t, []hook{
		{"down", latch.WaitsForAnswer, 5 * time.Hour, latch.Rollback, false},
		{"rate", latch.WaitsForMeasurements, 33 * time.Hour, latch.Stop, false},
		{"bake", latch.WaitsForSoak, 2 * time.Hour, "", false},
		{"eye", latch.WaitsForAnswer, 0, "", true},
	}, got)
	require.Empty(t, b.status().Undecided, "the gate is decided")
}
