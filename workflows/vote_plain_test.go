package workflows_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// admittedBefore has the runs admitted as a version does that takes a rejection for a fail alone.
func admittedBefore() interceptor.WorkerInterceptor {
	return around(protocol.ActivityAdmit, func(ctx context.Context, admit func(context.Context) (any, error)) (any, error) {
		answer, err := admit(ctx)
		if err != nil {
			return nil, err
		}
		var admitted protocol.Admission
		err = converter.GetDefaultDataConverter().FromPayloads(answer.(*commonpb.Payloads), &admitted)
		admitted.RejectionsStop = false
		return admitted, err
	})
}

// boardAt returns a run of the workflow that the board's lock holds, at the first event.
func boardAt(workflow, settings string) string {
	at := map[string]string{latch.WorkflowRelease: "BEFORE_RELEASE", latch.WorkflowGate: "DEPLOY", latch.WorkflowJobRun: "JOB_START",
		latch.WorkflowEmit: "DEPLOY"}[workflow]
	webhooks := `"webhooks":[{"id":"board","events":[{"event":"` + at + `","blocking":true` + settings + `}]},
		{"id":"later","events":[{"event":"` + at + `","blocking":true,"lock_timeout":"9h","on_timeout":"continue"}]}]}`
	return map[string]string{
		latch.WorkflowRelease: `{"id":"shop","steps":[{"name":"migrate","do":{"http":{"url":"$R/do"}}}],`,
		latch.WorkflowJobRun:  `{"id":"shop","task":{"http":{"url":"$R/do"}},`,
		latch.WorkflowGate:    `{"id":"shop","event":"DEPLOY",`,
		latch.WorkflowEmit:    `{"id":"shop","event":"DEPLOY",`,
	}[workflow] + webhooks
}

// Contract, "Blocking and locks": a vote to reject, at a lock without approvals, is the result fail
// that also asks to stop, by a signal as by an update. A hook's own rules decide what that comes to.
func TestRejectionsAtALockWithoutApprovals(t *testing.T) {
	t.Parallel()
	const stops, goesOn = `{"result":"fail","stop_release":true}`, latch.Continue
	for _, test := range []struct {
		name, workflow, settings string
		vote                     latch.LockRelease
		// before is set for a run that an earlier version admitted.
		before         bool
		decision, data string
	}{
		{name: "a release", workflow: latch.WorkflowRelease, vote: reject("ann"), decision: latch.Stop, data: stops},
		{name: "a release that may not fail", workflow: latch.WorkflowRelease, settings: `,"result":"'pass'"`, vote: reject("ann"),
			decision: goesOn, data: stops},
		{name: "a rule of its own", workflow: latch.WorkflowRelease, settings: `,"stop_release":"history.data.stop_release == true"`,
			vote: reject("ann"), decision: latch.Stop, data: stops},
		{name: "a rule about something else", workflow: latch.WorkflowRelease, settings: `,"stop_release":"'risk' in history.data"`,
			vote: reject("ann"), decision: goesOn, data: stops},
		{name: "a rejection that rolls back", workflow: latch.WorkflowRelease, vote: with(reject("ann"), `{"rollback_release":true}`),
			decision: latch.Rollback, data: `{"result":"fail","stop_release":true,"rollback_release":true}`},
		{name: "a stop that is said", workflow: latch.WorkflowRelease, vote: with(reject("ann"), `{"stop_release":"true","risk":1}`),
			decision: latch.Stop, data: `{"result":"fail","stop_release":"true","risk":1}`},
		{name: "a gate", workflow: latch.WorkflowGate, vote: reject("ann"), decision: latch.Stop, data: stops},
		{name: "a gate with a rule", workflow: latch.WorkflowGate, settings: `,"stop_release":"false"`, vote: reject("ann"),
			decision: latch.Stop, data: stops},
		{name: "a job", workflow: latch.WorkflowJobRun, vote: reject("ann"), decision: latch.Stop, data: stops},
		{name: "an event", workflow: latch.WorkflowEmit, vote: reject("ann"), decision: goesOn, data: stops},
		{name: "an approval", workflow: latch.WorkflowRelease, vote: approve("ann"), decision: goesOn, data: `{"result":"pass"}`},
		{name: "a fail that is no vote", workflow: latch.WorkflowRelease, vote: latch.LockRelease{By: "ann", Result: latch.ResultFail},
			decision: goesOn, data: `{"result":"fail"}`},
		{name: "a run of before", workflow: latch.WorkflowRelease, vote: reject("ann"), before: true, decision: goesOn,
			data: `{"result":"fail"}`},
		{name: "a run of before, told not to stop", workflow: latch.WorkflowRelease, vote: with(reject("ann"), `{"stop_release":false}`),
			before: true, decision: goesOn, data: `{"result":"fail","stop_release":false}`},
	} {
		for _, way := range []string{"update", "signal"} {
			t.Run(test.name+", by "+way, func(t *testing.T) {
				t.Parallel()
				var interceptors []interceptor.WorkerInterceptor
				if test.before {
					interceptors = append(interceptors, admittedBefore())
				}
				b, vote := setup(t, interceptors...), test.vote
				b.env.RegisterDelayedCallback(func() {
					vote.Lock = b.boardRecord().Lock.Token
					if way == "signal" {
						b.env.SignalWorkflow(latch.MessageReleaseLock, vote)
						return
					}
					b.env.UpdateWorkflow(latch.MessageReleaseLock, "", onEnd(func(_ any, err error) { require.NoError(b, err) }), vote)
				}, time.Hour)
				b.env.RegisterDelayedCallback(func() { // the other lock still holds, unless the run has stopped
					b.env.UpdateWorkflow(latch.MessageReleaseLock, "", onEnd(func(answer any, err error) {
						require.NoError(b, err)
						require.True(b, answer.(latch.Released).Unchanged, "the same again changes nothing")
					}), vote)
				}, 2*time.Hour)
				_ = b.run(test.workflow, boardAt(test.workflow, test.settings)) // a stop fails some kinds of runs
				record := b.boardRecord()
				require.Equal(t, test.decision, record.Decision)
				require.JSONEq(t, test.data, string(encoded(t, record.Data)))
				require.Equal(t, "ann", record.Lock.RemovedBy)
			})
		}
	}
}

// Contract, "Blocking and locks": a rejection that says not to stop says the opposite of itself, and
// one vote after another is compared by what both come to.
func TestRejectionsAtALockWithoutApprovalsRefused(t *testing.T) {
	t.Parallel()
	fail := latch.LockRelease{By: "bob", Result: latch.ResultFail}
	for _, test := range []struct {
		name                string
		first, second       latch.LockRelease
		firstKind, lateKind string
		says                string
	}{
		{name: "told not to stop", first: with(reject("ann"), `{"stop_release":false}`), firstKind: latch.ErrorInvalidArgument,
			says: "data.stop_release: false, and the vote reject, which asks to stop"},
		{name: "told in other words not to stop", first: with(reject("ann"), `{"stop_release":"false"}`),
			firstKind: latch.ErrorInvalidArgument, says: `data.stop_release: "false", and the vote reject`},
		{name: "told nothing", first: with(reject("ann"), `{"stop_release":"nope"}`), firstKind: latch.ErrorInvalidArgument,
			says: `data.stop_release: "nope" is neither true nor false`},
		{name: "an approval afterwards", first: reject("ann"), second: approve("bob"), lateKind: latch.ErrorTooLate,
			says: "with the result fail, and this asks for pass"},
		{name: "a fail afterwards", first: reject("ann"), second: fail},
		{name: "a fail that does not stop afterwards", first: reject("ann"), second: with(fail, `{"stop_release":false}`),
			lateKind: latch.ErrorTooLate, says: "with another stop_release"},
		{name: "a fail before", first: fail, second: reject("ann"), lateKind: latch.ErrorTooLate, says: "with another stop_release"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			send := func(vote latch.LockRelease, kind string) {
				vote.Lock = b.boardRecord().Lock.Token
				b.env.UpdateWorkflow(latch.MessageReleaseLock, "", onEnd(func(_ any, err error) {
					if kind == "" {
						require.NoError(b, err)
						return
					}
					var refused *temporal.ApplicationError
					require.ErrorAs(b, err, &refused)
					require.Equal(b, kind, refused.Type())
					require.ErrorContains(b, err, test.says)
				}), vote)
			}
			b.env.RegisterDelayedCallback(func() { send(test.first, test.firstKind) }, time.Hour)
			if test.firstKind == "" {
				b.env.RegisterDelayedCallback(func() { send(test.second, test.lateKind) }, 2*time.Hour)
			} else {
				b.env.RegisterDelayedCallback(func() { b.env.SignalWorkflow(latch.MessageStop, nil) }, 2*time.Hour)
			}
			// The release waits for work that its other lock holds, so that the second vote finds it open.
			require.NoError(t, b.run(latch.WorkflowRelease, `{"id":"shop","steps":[{"name":"migrate","do":{"http":{"url":"$R/do"}}}],
				"webhooks":[{"id":"board","events":[{"event":"BEFORE_RELEASE_COMPLETE","blocking":true}]},
				{"id":"later","events":[{"event":"BEFORE_RELEASE_COMPLETE","blocking":true,"lock_timeout":"9h","on_timeout":"continue"}]}]}`))
		})
	}
}
