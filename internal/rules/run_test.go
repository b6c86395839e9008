package rules

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/verdict"
)

func TestRunDecidesAsARunWould(t *testing.T) {
	t.Parallel()
	plain, blocking := latch.Event{}, latch.Event{Blocking: true, OnTimeout: latch.Rollback}
	stops := latch.Event{StopRelease: "history.data.failed > 0.0"}
	voted := latch.Event{Blocking: true, Approvals: []latch.Approval{{}}, Result: "'pass'", StopRelease: "false"}
	tried := stops
	tried.Enforce = new(bool)
	tests := []struct {
		name     string
		settings latch.Event
		scope    verdict.Scope
		outcome  string
		record   string
		want     Finding
		err      string // a part of it
	}{
		{"by default", plain, verdict.Decides, "", `{"data":{"result":"fail","stop_release":true}}`,
			Finding{Result: "fail", Decision: "stop", Rule: "stop_release: " + expr.StopRelease.Default()}, ""},
		{"an expression holds", stops, verdict.Decides, "", `{"data":{"failed":1}}`,
			Finding{Result: "pass", Decision: "stop", Rule: "stop_release: history.data.failed > 0.0"}, ""},
		{"an expression does not hold", stops, verdict.Decides, "", `{"data":{"failed":0}}`, Finding{Result: "pass", Decision: "continue"}, ""},
		{"an expression fails", stops, verdict.Decides, "", `{"data":{}}`, Finding{Result: "pass", Decision: "stop"}, "failed"},
		{"an empty answer", stops, verdict.Decides, "", ``, Finding{Result: "fail", Decision: "stop"}, "is empty"},
		{"what cannot be read", stops, verdict.Decides, OutcomeUnreadable, `{"data":{"failed":0}}`,
			Finding{Result: "fail", Decision: "stop"}, "cannot be read"},
		{"a dead endpoint that nobody minds", plain, verdict.Decides, OutcomeFailed, `{"error":"connection refused"}`,
			Finding{Result: "fail", Decision: "continue"}, "connection refused"},
		{"a dead endpoint with expressions", stops, verdict.Decides, OutcomeFailed, ``, Finding{Result: "fail", Decision: "stop"}, ""},
		{"no answer in time", stops, verdict.Decides, OutcomeUnanswered, ``, Finding{Result: "fail", Decision: "stop"}, ""},
		{"a lock removed", blocking, verdict.Decides, "", ``, Finding{Result: "pass", Decision: "continue"}, ""},
		{"a lock removed with fail", blocking, verdict.Decides, OutcomeLockRemoved, `{"data":{"result":"fail","rollback_release":true}}`,
			Finding{Result: "fail", Decision: "rollback", Rule: "rollback_release: " + expr.RollbackRelease.Default()}, ""},
		{"votes that reject let nothing pass", voted, verdict.Decides, "", `{"data":{"result":"fail"}}`,
			Finding{Result: "pass", Decision: "stop", Rule: "approvals: rejected"}, ""},
		{"votes that approve", voted, verdict.Decides, "", `{"data":{"result":"pass"}}`, Finding{Result: "pass", Decision: "continue"}, ""},
		{"a lock that nobody removed", blocking, verdict.Decides, OutcomeLockExpired, ``, Finding{Result: "pass", Decision: "rollback"}, ""},
		{"an answer removes no lock", blocking, verdict.Decides, OutcomeDelivered, `{"data":{}}`,
			Finding{Result: "pending", Decision: Waits}, ""},
		{"a blocking hook that is not answered yet", blocking, verdict.Decides, OutcomeUnanswered, ``,
			Finding{Result: "pending", Decision: Waits}, ""},
		{"at JOB_START a fail stops the job", blocking, verdict.Begins, OutcomeDelivered, `{"data":{"result":"fail"}}`,
			Finding{Result: "fail", Decision: "stop"}, ""},
		{"a job's other events decide nothing", plain, verdict.Tells, "", `{"data":{"result":"fail"}}`,
			Finding{Result: "fail", Decision: None}, ""},
		{"a verdict that is only recorded", tried, verdict.Decides, "", `{"data":{"failed":1}}`,
			Finding{Result: "pass", Decision: None, WouldDecide: "stop", Rule: "stop_release: history.data.failed > 0.0"}, ""},
		{"an endpoint that fails, only recorded", tried, verdict.Decides, OutcomeFailed, ``,
			Finding{Result: "fail", Decision: None, WouldDecide: "stop"}, ""},
		{"left out", latch.Event{When: "vars.n > 1"}, verdict.Decides, "", `{"data":{"result":"fail","stop_release":true}}`,
			Finding{Result: "skipped", Decision: None}, "when is false"},
		{"a when that fails", latch.Event{When: "vars.missing"}, verdict.Decides, "", ``,
			Finding{Result: "fail", Decision: "continue"}, "when: "},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.settings.Event = latch.EventBeforeRelease
			given := Test{Name: test.name, Event: latch.EventBeforeRelease, Outcome: test.outcome,
				Record: json.RawMessage(test.record), Expect: Expectation{Result: "pass"}}
			var problems latch.Problems
			given.check(&problems, "tests[0]")
			require.Empty(t, problems)
			got, err := Hook{test.settings, test.scope, expr.Variables{"vars": json.RawMessage(`{"n":1}`)}}.Run(given)
			require.NoError(t, err)
			require.Contains(t, got.Error, test.err)
			if test.err != "" {
				got.Error = ""
			}
			require.Equal(t, test.want, got)
		})
	}
	_, err := Hook{Settings: plain, Scope: verdict.Decides}.Run(Test{Outcome: OutcomeLockExpired})
	require.ErrorContains(t, err, "lock_expired is of a hook that blocks")
}

func TestDecodeTellsAllThatIsWrong(t *testing.T) {
	t.Parallel()
	_, err := Decode([]byte(`{"fil": "a",
		"tests": [
			{"event": "JOB_START", "outcome": "lost", "record": {"dta": {}}, "expect": {"decision": "go"}},
			{"name": "n", "event": "JOB_START"}]}`))
	for _, part := range []string{"fil: unknown key", "file: required", "tests[0].name: required",
		`tests[0].outcome: is one of delivered, unreadable, failed`,
		`tests[0].record: is not a record: unknown field "dta"`,
		`tests[0].expect.decision: is one of continue, stop, rollback, waits, none, not "go"`,
		"tests[1].expect: required: at least one of result, decision, would_decide, error and rule"} {
		require.ErrorContains(t, err, part)
	}
	_, err = Decode([]byte(`{"file": "a"}`))
	require.ErrorContains(t, err, "tests: required")
}

func TestDifferences(t *testing.T) {
	t.Parallel()
	got := Finding{Result: "fail", Decision: "stop", Rule: "stop_release: history.data.n > 1", Error: ""}
	require.Empty(t, Expectation{Result: "fail", Decision: "stop", Rule: "history.data.n"}.Differences(got))
	require.Equal(t, []Difference{{"would_decide", "stop", ""}}, Expectation{WouldDecide: "stop"}.Differences(got))
	require.Equal(t, []Difference{{"result", "pass", "fail"}, {"decision", "rollback", "stop"},
		{"error", "no such key", ""}, {"rule", "rollback_release", got.Rule}},
		Expectation{Result: "pass", Decision: "rollback", Error: "no such key", Rule: "rollback_release"}.Differences(got))
}
