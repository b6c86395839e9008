package workflows_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// Contract, "Records": a record with a decision has the reason for it, and one without a
// decision has no rule.
func TestRecordsSayWhatDecided(t *testing.T) {
	t.Parallel()
	const long = `history.result == 'pass' && 'xxxxxxxxxx' != '`
	for name, test := range map[string]struct {
		hook, answer   string
		remove, skip   bool
		decision, rule string
	}{
		"neither expression held": {hook: `"stop_release":"false"`, answer: `{}`,
			decision: latch.Continue, rule: "neither rollback_release nor stop_release"},
		"an own expression": {hook: `"stop_release":"history.data.n > 1"`, answer: `{"n":2}`,
			decision: latch.Stop, rule: "stop_release: history.data.n > 1"},
		"the default of rollback_release": {answer: `{"result":"fail","rollback_release":true}`, decision: latch.Rollback,
			rule: `rollback_release: history.result == 'fail' && history.data[?'rollback_release'].orValue(false) == true`},
		"a long expression is cut": {hook: `"stop_release":"` + long + strings.Repeat("y", 600) + `'"`, answer: `{}`, decision: latch.Stop,
			rule: ("stop_release: " + long + strings.Repeat("y", 600))[:500] + "…"},
		"an expression that failed": {hook: `"on_error":"rollback","stop_release":"history.data.missing == 1"`, answer: `{}`,
			decision: latch.Rollback, rule: "on_error: rollback"},
		"a delivery that failed": {hook: `"on_error":"continue"`, decision: latch.Continue, rule: "on_error: continue"},
		"when failed":            {hook: `"when":"vars.missing == 1","on_error":"stop"`, decision: latch.Stop, rule: "on_error: stop"},
		"when is false":          {hook: `"when":"false"`},
		"a lock that timed out": {hook: `"blocking":true,"lock_timeout":"1h","on_timeout":"rollback"`, answer: `{}`,
			decision: latch.Rollback, rule: "on_timeout: rollback"},
		"a lock that was removed": {hook: `"blocking":true`, answer: `{}`, remove: true,
			decision: latch.Stop, rule: `stop_release: history.result == 'fail' && history.data[?'stop_release'].orValue(false) == true`},
		"a hook that was skipped": {hook: `"blocking":true`, answer: `{}`, skip: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.answers["/gate"] = test.answer
			b.env.RegisterDelayedCallback(func() {
				switch {
				case test.remove:
					var status latch.Status
					value, err := b.env.QueryWorkflow(latch.QueryStatus)
					require.NoError(t, err)
					require.NoError(t, value.Get(&status))
					b.env.SignalWorkflow(latch.MessageReleaseLock, map[string]any{"lock": status.Locks[0].Token, "result": "fail",
						"data": map[string]any{"stop_release": true}})
				case test.skip:
					b.env.SignalWorkflow(latch.MessageSkip, latch.Skip{Webhook: "gate", Event: latch.EventBeforeRelease, Reason: "out of order"})
				}
			}, time.Minute)
			require.NoError(t, b.run(latch.WorkflowRelease, `{"id":"r","steps":[{"name":"a","do":{"http":{"url":"$R/do"}}}],"webhooks":[{"id":"gate",
				"url":"$R/gate","retry":{"maximum_attempts":1},"events":[{`+strings.TrimSuffix(`"event":"BEFORE_RELEASE",`+test.hook, ",")+`}]}]}`))
			var result latch.ReleaseResult
			b.result(&result)
			require.Len(t, result.History, 1)
			require.Equal(t, test.decision, result.History[0].Decision)
			require.Equal(t, test.rule, result.History[0].Rule)
		})
	}
}

// Contract, "Records": at JOB_START the result decides. At an event whose hooks decide nothing
// there is no rule.
func TestRecordsOfAJobSayWhatDecided(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.answers["/gate"] = `{"result":"fail"}`
	require.Error(t, b.run(latch.WorkflowJobRun, `{"id":"j","task":{"http":{"url":"$R/do"}},"webhooks":[
		{"id":"gate","url":"$R/gate","events":[{"event":"JOB_START","blocking":true}]},
		{"id":"told","url":"$R/told","events":[{"event":"JOB_COMPLETE"}]}]}`))
	value, err := b.env.QueryWorkflow(latch.QueryHistory)
	require.NoError(t, err)
	var records []latch.Record
	require.NoError(t, value.Get(&records))
	require.Len(t, records, 2)
	require.Equal(t, latch.Stop, records[0].Decision)
	require.Equal(t, "result: fail", records[0].Rule)
	require.Empty(t, records[1].Rule)
}
