package verdict

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
)

// Contract, "Decisions": `result`, then `rollback_release`, then `stop_release`; their
// defaults; the effect of a failed expression.
func TestAsk(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		question Question
		result   string
		data     string
		answer   Answer
		want     Verdict
		failed   string
	}{
		{name: "decides nothing", result: "pass", data: `{"stop_release":true}`, want: Verdict{Result: "pass"}},
		{name: "result overrides", question: Question{Result: "history.data.n > 1 ? 'fail' : 'pass'"}, result: "pass",
			data: `{"n":2}`, want: Verdict{Result: "fail"}},
		{name: "default, pass", question: Question{Decides: true}, result: "pass",
			data: `{"stop_release":true,"rollback_release":true}`, want: Verdict{Result: "pass", Decision: "continue"}},
		{name: "default, fail alone", question: Question{Decides: true}, result: "fail", data: `{}`,
			want: Verdict{Result: "fail", Decision: "continue"}},
		{name: "default, stop", question: Question{Decides: true}, result: "fail", data: `{"stop_release":true}`,
			want: Verdict{Result: "fail", Decision: "stop"}},
		{name: "default, rollback", question: Question{Decides: true}, result: "fail", data: `{"rollback_release":true}`,
			want: Verdict{Result: "fail", Decision: "rollback"}},
		{name: "default, both", question: Question{Decides: true}, result: "fail",
			data: `{"stop_release":true,"rollback_release":true}`, want: Verdict{Result: "fail", Decision: "rollback"}},
		{name: "default, true as text and fail in capitals", question: Question{Decides: true}, result: "pass",
			data: `{"result":"FAIL","stop_release":"true"}`,
			want: Verdict{Result: "fail", Decision: "stop"}},
		{name: "default, true as a number", question: Question{Decides: true}, result: "pass", data: `{"result":"Fail","rollback_release":1}`,
			want: Verdict{Result: "fail", Decision: "rollback"}},
		{name: "default, false in every spelling", question: Question{Decides: true}, result: "fail",
			data: `{"stop_release":"false","rollback_release":0}`,
			want: Verdict{Result: "fail", Decision: "continue"}},
		{name: "default, a result that nobody understands", question: Question{Decides: true}, result: "pass", data: `{"result":"failed"}`,
			want: Verdict{Result: "fail"}, failed: `result: "failed" is neither "pass" nor "fail"`},
		{name: "default, a stop that nobody understands", question: Question{Decides: true}, result: "pass", data: `{"stop_release":"yes"}`,
			want: Verdict{Result: "fail"}, failed: `stop_release: "yes" is neither true nor false`},
		{name: "default, a rollback that is clear beside a stop that is not", question: Question{Decides: true}, result: "pass",
			data: `{"result":"fail","rollback_release":true,"stop_release":"yes"}`, want: Verdict{Result: "fail", Decision: "rollback"}},
		{name: "an own stop rests on a result that nobody understands",
			question: Question{Decides: true, StopRelease: "history.result == 'fail'"}, result: "pass",
			data: `{"result":"failed"}`, want: Verdict{Result: "fail"}, failed: `result: "failed"`},
		{name: "an own result gives the key a meaning",
			question: Question{Decides: true, Result: "history.data.result == 'failed' ? 'fail' : 'pass'"}, result: "pass",
			data: `{"result":"failed","stop_release":true}`, want: Verdict{Result: "fail", Decision: "stop"}},
		{name: "an own result rests on the key's usual meaning", question: Question{Decides: true, Result: "history.result"}, result: "pass",
			data: `{"result":"failed"}`, want: Verdict{Result: "fail"}, failed: `result: "failed"`},
		{name: "an own stop gives the key a meaning",
			question: Question{Decides: true, StopRelease: "history.data.stop_release == 'yes'"}, result: "pass",
			data: `{"stop_release":"yes"}`, want: Verdict{Result: "pass", Decision: "stop"}},
		{name: "a delivery that failed passes by no answer", question: Question{Decides: true}, result: "fail",
			data: `{"result":"pass","stop_release":true}`,
			want: Verdict{Result: "fail", Decision: "stop"}},
		{name: "an answer that cannot be read", question: Question{Decides: true, StopRelease: "true"}, result: "pass",
			data: `{}`, answer: Answer{Unreadable: "the answer is not valid JSON"},
			want: Verdict{Result: "fail"}, failed: "the answer is not valid JSON"},
		{name: "no object, which an expression reads",
			question: Question{Decides: true, RollbackRelease: "history.data[?'failed'].orValue(0) > 0"}, result: "pass", data: `{}`,
			answer: Answer{NoObject: "is empty"}, want: Verdict{Result: "fail"},
			failed: "the answer is empty, and rollback_release reads history.data"},
		{name: "no object, which the result reads",
			question: Question{Result: "has(history.data.failed) ? 'fail' : 'pass'"}, result: "pass", data: `{}`,
			answer: Answer{NoObject: "is a JSON array, not an object"}, want: Verdict{Result: "fail"}, failed: "result reads history.data"},
		{name: "no object, which nothing reads",
			question: Question{Decides: true, StopRelease: "history.response.status != 200 && vars.limit > 9"}, result: "pass", data: `{}`,
			answer: Answer{NoObject: "is empty"}, want: Verdict{Result: "pass", Decision: "continue"}},
		{name: "no object, by default", question: Question{Decides: true}, result: "pass", data: `{}`,
			answer: Answer{NoObject: "is not JSON (text/html)"},
			want:   Verdict{Result: "pass", Decision: "continue"}},
		{name: "result is seen by what follows", question: Question{Decides: true, Result: "'fail'"}, result: "pass",
			data: `{"stop_release":true}`, want: Verdict{Result: "fail", Decision: "stop"}},
		{name: "own stop beside the default rollback", question: Question{Decides: true, StopRelease: "true"},
			result: "fail", data: `{"rollback_release":true}`, want: Verdict{Result: "fail", Decision: "rollback"}},
		{name: "own rollback is asked first",
			question: Question{Decides: true, StopRelease: "history.data.missing", RollbackRelease: "true"}, result: "pass",
			data: `{}`, want: Verdict{Result: "pass", Decision: "rollback"}},
		{name: "variables", question: Question{Decides: true, StopRelease: "vars.limit < history.data.n"}, result: "pass",
			data: `{"n":6}`, want: Verdict{Result: "pass", Decision: "stop"}},
		{name: "a failed result", question: Question{Decides: true, Result: "history.data.missing",
			RollbackRelease: "true"}, result: "pass", data: `{}`, want: Verdict{Result: "fail"}, failed: "result"},
		{name: "a result that is neither", question: Question{Result: "'maybe'"}, result: "pass", data: `{}`,
			want: Verdict{Result: "fail"}, failed: "result"},
		{name: "a failed stop_release", question: Question{Decides: true, StopRelease: "history.data.missing == 1"},
			result: "pass", data: `{}`, want: Verdict{Result: "pass"}, failed: "stop_release"},
		{name: "a failed rollback_release",
			question: Question{Decides: true, RollbackRelease: "history.data.missing == 1", StopRelease: "true"},
			result:   "pass", data: `{}`, want: Verdict{Result: "pass"}, failed: "rollback_release"},
		{name: "a dyn that is no bool fails when it runs", question: Question{Decides: true, StopRelease: "history.data.n"},
			result: "pass", data: `{"n":1}`, want: Verdict{Result: "pass"}, failed: "stop_release"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			record := latch.Record{DeliveryID: "dlv_1", Webhook: "w", Event: "BEFORE_RELEASE", Result: test.result}
			require.NoError(t, json.Unmarshal([]byte(test.data), &record.Data))
			got := Ask(test.question, record, test.answer, expr.Variables{"vars": json.RawMessage(`{"limit":5}`)})
			if test.failed != "" {
				require.Contains(t, got.Error, test.failed)
				got.Error = ""
			}
			// A decision that ends a release names the expression that it is based on.
			if test.want.Decision == latch.Stop || test.want.Decision == latch.Rollback {
				require.Contains(t, got.Rule, test.want.Decision+"_release: ")
				got.Rule = ""
			}
			require.Equal(t, test.want, got)
			require.Equal(t, test.result, record.Result, "the record itself is left alone")
		})
	}
}

func TestForEvent(t *testing.T) {
	t.Parallel()
	settings := latch.Event{Event: "BEFORE_RELEASE", Result: "'pass'", StopRelease: "true", RollbackRelease: "false"}
	deciding := ForEvent(settings, Decides)
	require.Equal(t, Question{Result: "'pass'", Decides: true, StopRelease: "true", RollbackRelease: "false"}, deciding)
	require.Equal(t, []string{"'pass'", "true", "false"}, deciding.Sources())
	require.False(t, deciding.IsDefault())
	require.Equal(t, []string{"'pass'"}, ForEvent(settings, Tells).Sources(), "what decides nothing asks no decision")
	require.True(t, ForEvent(latch.Event{Event: "BEFORE_RELEASE"}, Decides).IsDefault())
}
