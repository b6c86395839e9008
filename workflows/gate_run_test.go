package workflows_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
)

const cancelled = "cancelled"

// A verdictRow is one way in which a gate is decided.
type verdictRow struct {
	name string
	// events has the settings for DEPLOY of each webhook. The first calls /a, the second /b. A
	// webhook that only locks calls nothing.
	events []string
	// answers are those of /a and /b; "" is 503.
	answers []string
	// more contains the gate's other fields.
	more string
	// says is what happens after half an hour.
	says func(*bench)
	// want is the decision, or cancelled; reason is part of the reason.
	want, reason string
}

const (
	asks       = `{"event":"DEPLOY"}`
	locks      = `{"event":"DEPLOY","blocking":true}`
	passAnswer = `{"result":"pass"}`
)

// removes removes the lock of the nth webhook that waits.
func removes(n int, result, data string) func(*bench) {
	return func(b *bench) {
		b.env.SignalWorkflow(latch.MessageReleaseLock, json.RawMessage(`{"lock":"`+b.status().Locks[n].Token+`","result":"`+result+`","by":"ann","data":`+data+`}`))
	}
}

func signals(name, argument string) func(*bench) {
	return func(b *bench) { b.env.SignalWorkflow(name, json.RawMessage(argument)) }
}

func cancels(b *bench) { b.env.CancelWorkflow() }

func (b *bench) status() latch.Status {
	var status latch.Status
	value, err := b.env.QueryWorkflow(latch.QueryStatus)
	require.NoError(b, err)
	require.NoError(b, value.Get(&status))
	return status
}

var verdicts = []verdictRow{
	// Answers.
	{name: "a plain yes", events: []string{asks}, answers: []string{passAnswer}, want: latch.Continue},
	{name: "a yes in any case", events: []string{asks}, answers: []string{`{"result":"PASS"}`}, want: latch.Continue},
	{name: "delivered without a word", events: []string{asks}, answers: []string{`ok`}, want: latch.Continue},
	{name: "a plain no", events: []string{asks}, answers: []string{`{"result":"fail"}`}, want: latch.Stop,
		reason: "webhook a at DEPLOY: fail"},
	{name: "a no that stops", events: []string{asks}, answers: []string{`{"result":"fail","stop_release":true}`}, want: latch.Stop},
	{name: "a no that rolls back", events: []string{asks}, answers: []string{`{"result":"fail","rollback_release":true}`}, want: latch.Rollback},
	{name: "stop without a result", events: []string{asks}, answers: []string{`{"stop_release":true}`}, want: latch.Stop},
	{name: "rollback beside a pass", events: []string{asks}, answers: []string{`{"result":"pass","rollback_release":"true"}`}, want: latch.Rollback},
	{name: "stop is false", events: []string{asks}, answers: []string{`{"result":"pass","stop_release":false}`}, want: latch.Continue},
	{name: "an expression of its own stops", events: []string{`{"event":"DEPLOY","stop_release":"history.data.errors > 5"}`},
		answers: []string{`{"errors":6}`}, want: latch.Stop, reason: "history.data.errors > 5"},
	{name: "an expression of its own does not stop", events: []string{`{"event":"DEPLOY","stop_release":"history.data.errors > 5"}`},
		answers: []string{`{"errors":5}`}, want: latch.Continue},
	{name: "a no that its own expression overlooks", events: []string{`{"event":"DEPLOY","stop_release":"false"}`},
		answers: []string{`{"result":"fail"}`}, want: latch.Stop},
	{name: "a result of its own", events: []string{`{"event":"DEPLOY","result":"history.data.ready == true ? 'pass' : 'fail'"}`},
		answers: []string{`{"ready":false}`}, want: latch.Stop},

	// Errors.
	{name: "an unknown word", events: []string{asks}, answers: []string{`{"result":"failed"}`}, want: latch.Stop, reason: "failed"},
	{name: "broken JSON", events: []string{asks}, answers: []string{`{"result":"pass",}`}, want: latch.Stop, reason: "JSON"},
	{name: "a key twice", events: []string{asks}, answers: []string{`{"result":"pass","result":"fail"}`}, want: latch.Stop},
	{name: "an unclear stop", events: []string{asks}, answers: []string{`{"stop_release":"maybe"}`}, want: latch.Stop},
	{name: "an expression fails", events: []string{`{"event":"DEPLOY","stop_release":"history.data.absent > 1"}`},
		answers: []string{`{}`}, want: latch.Stop},
	{name: "when fails", events: []string{`{"event":"DEPLOY","when":"vars.absent == 1"}`},
		answers: []string{passAnswer}, want: latch.Stop, reason: "when"},
	{name: "refused by the endpoint", events: []string{asks}, answers: []string{"404"}, want: latch.Stop, reason: "404"},
	{name: "on_error continues", events: []string{`{"event":"DEPLOY","on_error":"continue"}`},
		answers: []string{"404"}, want: latch.Continue},
	{name: "on_error rolls back", events: []string{`{"event":"DEPLOY","on_error":"rollback"}`},
		answers: []string{"404"}, want: latch.Rollback},

	// Timeouts and the deadline.
	{name: "no answer within answer_timeout", events: []string{asks}, answers: []string{""}, want: latch.Stop},
	{name: "a lock times out", events: []string{`{"event":"DEPLOY","blocking":true,"lock_timeout":"1h"}`},
		want: latch.Stop, reason: "not removed within 1h"},
	{name: "a lock times out to roll back", events: []string{`{"event":"DEPLOY","blocking":true,"lock_timeout":"1h","on_timeout":"rollback"}`}, want: latch.Rollback},
	{name: "a lock times out to continue", events: []string{`{"event":"DEPLOY","blocking":true,"lock_timeout":"1h","on_timeout":"continue"}`}, want: latch.Continue},
	{name: "the deadline passes", events: []string{locks}, more: `,"deadline":"55m"`, want: latch.Stop,
		reason: "not removed before the gate's deadline"},
	{name: "the deadline comes before a lock's timeout", events: []string{`{"event":"DEPLOY","blocking":true,"lock_timeout":"2h","on_timeout":"continue"}`},
		more: `,"deadline":"55m"`, want: latch.Stop},
	{name: "the deadline rolls back", events: []string{locks}, more: `,"deadline":"55m","on_deadline":"rollback"`, want: latch.Rollback},
	{name: "the deadline never turns a no", events: []string{asks, locks}, answers: []string{`{"result":"fail"}`},
		more: `,"deadline":"55m","on_deadline":"continue"`, want: latch.Stop},
	{name: "the deadline ends an endpoint's silence", events: []string{`{"event":"DEPLOY","answer_timeout":"5h"}`},
		answers: []string{""}, more: `,"deadline":"1h"`, want: latch.Stop},

	// Locks and people.
	{name: "a lock is removed", events: []string{locks}, more: `,"deadline":"55m"`, says: removes(0, "pass", `{}`), want: latch.Continue},
	{name: "a lock is refused", events: []string{locks}, says: removes(0, "fail", `{}`), want: latch.Stop},
	{name: "a lock is refused to roll back", events: []string{locks},
		says: removes(0, "fail", `{"rollback_release":true}`), want: latch.Rollback},
	{name: "a person stops", events: []string{locks}, says: signals(latch.MessageStop,
		`{"by":"ann","reason":"not now"}`), want: latch.Stop, reason: "stopped by ann: not now"},
	{name: "a person rolls back", events: []string{locks}, says: signals(latch.MessageRollback, `{"by":"ann"}`), want: latch.Rollback},
	{name: "a person takes the hook out", events: []string{locks},
		says: signals(latch.MessageSkip, `{"webhook":"a","event":"DEPLOY","reason":"away"}`), want: latch.Continue},
	{name: "the gate is cancelled", events: []string{locks}, says: cancels, want: cancelled},

	// Several hooks.
	{name: "all say yes", events: []string{asks, asks}, answers: []string{passAnswer, passAnswer}, want: latch.Continue},
	{name: "one of two says no", events: []string{asks, asks}, answers: []string{passAnswer, `{"result":"fail"}`},
		want: latch.Stop, reason: "webhook b"},
	{name: "rollback beats stop", events: []string{asks, asks},
		answers: []string{`{"result":"fail"}`, `{"rollback_release":true}`}, want: latch.Rollback, reason: "webhook b"},
	{name: "rollback does not wait for a lock", events: []string{locks, asks},
		answers: []string{"", `{"rollback_release":true}`}, want: latch.Rollback},
	{name: "one of two locks is removed", events: []string{locks, locks}, more: `,"deadline":"55m"`,
		says: removes(0, "pass", `{}`), want: latch.Stop, reason: "webhook b"},
	{name: "a hook is left out by when", events: []string{`{"event":"DEPLOY","when":"false"}`},
		answers: []string{`{"result":"fail"}`}, want: latch.Continue},
	{name: "nobody listens", events: nil, want: latch.Stop, reason: "no webhook listens to DEPLOY"},
	{name: "who listens is disabled", events: []string{`{"event":"DEPLOY","enabled":false}`},
		answers: []string{passAnswer}, want: latch.Stop, reason: "no webhook listens"},
	{name: "others listen to something else", events: []string{`{"event":"DEPLOYED"}`}, answers: []string{passAnswer},
		want: latch.Stop, reason: "no webhook listens"},
}

// input returns the gate of the row.
func (row *verdictRow) input(b *bench) string {
	webhooks := ""
	for i, events := range row.events {
		name := string(rune('a' + i))
		url := ""
		if i < len(row.answers) && row.answers[i] != "" || events != locks && row.answers != nil {
			url = `"url":"$R/` + name + `",`
			b.answer("/"+name, row.answers[i])
		}
		if i > 0 {
			webhooks += ","
		}
		webhooks += `{"id":"` + name + `",` + url + `"events":[` + events + `]}`
	}
	return `{"id":"g","event":"DEPLOY","webhooks":[` + webhooks + `]` + row.more + `}`
}

// answer sets the answer of a path; a number is a status.
func (b *bench) answer(path, answer string) {
	if answer == "404" {
		b.handlers[path] = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }
		return
	}
	if answer != "" && answer[0] != '{' {
		b.handlers[path] = func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			_, _ = io.WriteString(w, answer)
		}
		return
	}
	b.answers[path] = answer
}

// Contract, "Gate": the table of verdicts. A gate completes only if it let the caller pass.
// Otherwise its error has the decision, who made it, and the records.
func TestVerdictsOfGates(t *testing.T) {
	t.Parallel()
	require.GreaterOrEqual(t, len(verdicts), 40)
	for _, row := range verdicts {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			input := row.input(b)
			if row.says != nil {
				b.env.RegisterDelayedCallback(func() { row.says(b) }, 30*time.Minute)
			}
			result := b.gateResult(b.run(latch.WorkflowGate, input), row.want)
			require.Contains(t, result.Reason, row.reason)
			require.Equal(t, "g", result.ID)
			require.Equal(t, "DEPLOY", result.Event)
			require.Equal(t, map[string]string{latch.Continue: latch.GatePassed, latch.Stop: latch.GateStopped,
				latch.Rollback: latch.GateRolledBack, cancelled: latch.GateCancelled}[row.want], result.Status)
			require.NotNil(t, result.History)
		})
	}
}

// gateResult checks the end of a gate and returns its result, from wherever it is.
func (b *bench) gateResult(err error, want string) latch.GateResult {
	b.Helper()
	var result latch.GateResult
	var application *temporal.ApplicationError
	var stopped *temporal.CanceledError
	switch want {
	case latch.Continue:
		require.NoError(b, err)
		b.result(&result)
	case cancelled:
		require.True(b, errors.As(err, &stopped), "%v", err)
		require.NoError(b, stopped.Details(&result))
		require.Equal(b, latch.Stop, result.Decision)
		return result
	default:
		require.True(b, errors.As(err, &application), "%v", err)
		require.Equal(b, map[string]string{latch.Stop: latch.ErrorGateStopped,
			latch.Rollback: latch.ErrorGateRolledBack}[want], application.Type())
		require.True(b, application.NonRetryable())
		require.NoError(b, application.Details(&result))
		require.NotEmpty(b, result.Reason)
	}
	require.Equal(b, want, result.Decision)
	return result
}

// Contract, "Gate": the gate decides in time before Temporal ends its run, or at its deadline.
func TestGateDecidesBeforeItsRunTimesOut(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		timeout, run time.Duration
		deadline     string
		after        time.Duration
	}{
		"a minute before":               {time.Hour, 0, "", 59 * time.Minute},
		"a tenth of a short timeout":    {time.Minute, 0, "", 54 * time.Second},
		"before the timeout of a run":   {time.Hour, 10 * time.Minute, "", 9 * time.Minute},
		"at the deadline":               {time.Hour, 0, `,"deadline":"55m"`, 55 * time.Minute},
		"at one that is almost so long": {time.Hour, 0, `,"deadline":"59m59s"`, time.Hour - time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.env.SetStartWorkflowOptions(client.StartWorkflowOptions{TaskQueue: "latch",
				WorkflowExecutionTimeout: test.timeout, WorkflowRunTimeout: test.run})
			b.answers["/dead"] = ""
			began := latch.NewTime(b.env.Now())
			err := b.run(latch.WorkflowGate, `{"event":"DEPLOY","webhooks":[{"id":"a","events":[`+locks+`]},
				{"id":"dead","url":"$R/dead","events":[{"event":"DEPLOY","answer_timeout":"5h","on_error":"continue"}]}]`+test.deadline+`}`)
			result := b.gateResult(err, latch.Stop)
			require.Equal(t, latch.ViaTimeout, result.History[0].Lock.Via)
			require.Equal(t, test.after, result.History[0].Lock.RemovedAt.Sub(began.Time))
			require.Equal(t, "on_deadline: stop", result.History[0].Rule)
		})
	}
}

// Contract, "Gate": a deadline past the run's own timeout is refused before anything is sent,
// along with all other problems.
func TestGateWhoseDeadlineIsPastItsTimeoutIsRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.env.SetStartWorkflowOptions(client.StartWorkflowOptions{TaskQueue: "latch", WorkflowExecutionTimeout: 30 * time.Minute})
	err := b.run(latch.WorkflowGate, `{"event":"JOB_START","deadline":"55m","on_deadline":"wait","webhooks":[{"id":"a","url":"$R/a","event":"DEPLOY"}]}`)
	var application *temporal.ApplicationError
	require.True(t, errors.As(err, &application), "%v", err)
	require.Equal(t, latch.ErrorInvalidSpec, application.Type())
	require.ErrorContains(t, err, "deadline: 55m0s is past the run's timeout of 30m0s")
	require.ErrorContains(t, err, "such as 29m0s")
	require.ErrorContains(t, err, "event: JOB_START is fired by Latch itself")
	require.ErrorContains(t, err, `on_deadline: `)
	require.Empty(t, b.received())
}

// Contract, "Release": with fail_on a release that was stopped or rolled back fails, with its
// result in the details. Every other outcome is unchanged.
func TestReleaseFailsOnWhatItSays(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ failOn, answer, status, kind string }{
		"stopped": {`["stopped","rolled_back"]`, `{"result":"fail","stop_release":true}`,
			latch.ReleaseStopped, latch.ErrorReleaseStopped},
		"rolled back": {`["stopped","rolled_back"]`, `{"result":"fail","rollback_release":true}`,
			latch.ReleaseRolledBack, latch.ErrorReleaseRolledBack},
		"only the other":    {`["rolled_back"]`, `{"result":"fail","stop_release":true}`, latch.ReleaseStopped, ""},
		"none of them":      {`[]`, `{"result":"fail","rollback_release":true}`, latch.ReleaseRolledBack, ""},
		"released all same": {`["stopped","rolled_back"]`, `{}`, latch.ReleaseReleased, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.answers["/gate"] = test.answer
			err := b.run(latch.WorkflowRelease, `{"id":"r","fail_on":`+test.failOn+`,
				"steps":[{"name":"a","do":{"http":{"url":"$R/do"}},"undo":{"http":{"url":"$R/undo"}}}],
				"webhooks":[{"id":"gate","url":"$R/gate","events":[{"event":"AFTER_STEP"}]}]}`)
			var result latch.ReleaseResult
			if test.kind == "" {
				require.NoError(t, err)
				b.result(&result)
			} else {
				var application *temporal.ApplicationError
				require.True(t, errors.As(err, &application), "%v", err)
				require.Equal(t, test.kind, application.Type())
				require.True(t, application.NonRetryable())
				require.NoError(t, application.Details(&result))
			}
			require.Equal(t, test.status, result.Status)
		})
	}
}

// Contract, "Decisions": with enforce false the verdict is recorded but has no effect, at a
// release's event and at a gate.
func TestWhatIsNotEnforcedIsRecorded(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ settings, answer, would, rule string }{
		"a stop":       {``, `{"result":"fail","stop_release":true}`, latch.Stop, "stop_release"},
		"a rollback":   {`,"rollback_release":"history.data.n > 1"`, `{"n":2}`, latch.Rollback, "rollback_release: history.data.n > 1"},
		"a pass":       {``, `{"result":"pass"}`, latch.Continue, ""},
		"an error":     {`,"on_error":"stop"`, "404", latch.Stop, "on_error: stop"},
		"a wrong when": {`,"on_error":"stop","when":"vars.absent == 1"`, `{}`, latch.Stop, "on_error: stop"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for workflow, input := range map[string]string{
				latch.WorkflowRelease: `{"id":"r","steps":[{"name":"a","do":{"http":{"url":"$R/do"}}}],"webhooks":[
					{"id":"w","url":"$R/w","events":[{"event":"BEFORE_RELEASE","enforce":false` + test.settings + `}]}]}`,
				latch.WorkflowGate: `{"event":"DEPLOY","webhooks":[
					{"id":"w","url":"$R/w","events":[{"event":"DEPLOY","enforce":false` + test.settings + `}]}]}`,
			} {
				b := setup(t)
				b.answer("/w", test.answer)
				require.NoError(t, b.run(workflow, input))
				var result struct{ History []latch.Record }
				b.result(&result)
				require.Equal(t, test.would, result.History[0].WouldDecide)
				require.Contains(t, result.History[0].Rule, test.rule)
				require.Empty(t, result.History[0].Decision)
			}
		})
	}
	var application *temporal.ApplicationError
	err := setup(t).run(latch.WorkflowRelease, `{"id":"r","steps":[{"name":"a","do":{"command":{"argv":["true"]}}}],"webhooks":[
		{"id":"w","url":"$R/w","events":[{"event":"BEFORE_RELEASE","blocking":true,"enforce":false},{"event":"RELEASE_COMPLETE","enforce":false}]}]}`)
	require.True(t, errors.As(err, &application), "%v", err)
	require.ErrorContains(t, err, "webhooks[0].events[0].enforce: false, and blocking true")
	require.ErrorContains(t, err, "webhooks[0].events[1].enforce: false has no meaning at RELEASE_COMPLETE")
}
