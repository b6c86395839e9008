package e2e

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

// Contract, "Responses" and "Decisions": answers that mean no, or that cannot be read, never
// release anything, whatever the kind of hook. A delivered message is neither sent again nor
// reported as lost.
func TestAnswersThatAreNoYes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const own = `"rollback_release":"history.data[?'failed'].orValue(0) > 0"`
	answer := func(body string, header ...string) receiver.Answer {
		made := receiver.Answer{Body: body, Header: http.Header{}}
		for i := 0; i < len(header); i += 2 {
			made.Header.Set(header[i], header[i+1])
		}
		return made
	}
	const js, contentType = "application/json", "Content-Type"
	for _, test := range []struct {
		name, hook     string
		answer         receiver.Answer
		status, failed string
	}{
		{"unreadable, default rules", `"on_error":"stop"`, answer(`{"result":"fail","stop_release":true,"error_rate":NaN}`, contentType, js),
			latch.ReleaseStopped, "the answer is not valid JSON: invalid character 'N' looking for beginning of value at line 1, column 51"},
		{"unreadable, blocking", `"blocking":true`, answer(`{"result":"fail","stop_release":true,}`, contentType, js),
			latch.ReleaseStopped, "the answer is not valid JSON"},
		{"unreadable, on_error continue", `"blocking":true,"on_error":"continue"`,
			answer(`{"result":"fail"`, contentType, js), latch.ReleaseReleased, "unexpected end of JSON input"},
		{"a byte order mark", `"on_error":"continue"`,
			answer("\ufeff{\"result\":\"fail\",\"rollback_release\":true}", contentType, js), latch.ReleaseRolledBack, ""},
		{"almost an answer", `"on_error":"stop"`, answer(`{"result":"failed","stop_release":"true"}`, contentType, js),
			latch.ReleaseStopped, `result: "failed" is neither "pass" nor "fail"`},
		{"in other letters", `"on_error":"continue"`, answer(`{"result":"FAIL","stop_release":"true"}`, contentType, js),
			latch.ReleaseStopped, ""},
		{"a sign-in page", own, answer("<html>Sign in</html>", contentType, "text/html"), latch.ReleaseStopped,
			"the answer is not JSON (text/html), and rollback_release reads history.data"},
		{"nothing", own, answer(""), latch.ReleaseStopped, "the answer is empty, and rollback_release reads history.data"},
		{"an unknown coding", `"on_error":"rollback"`,
			answer("\x1f\x9d\x90", contentType, js, "Content-Encoding", "compress"), latch.ReleaseRolledBack,
			`its Content-Encoding "compress" is not known`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l := b.lane(t)
			l.script("/gate", test.answer)
			got := l.outcome(l.begin(latch.WorkflowRelease, `{"id":"r","steps":$STEPS(a),"webhooks":[
				{"id":"gate","url":"$R/gate","events":[{"event":"BEFORE_RELEASE_COMPLETE",`+test.hook+`}]},
				{"id":"lost","url":"$R/lost","event":"DELIVERY_EXHAUSTED"}]}`))
			require.Equal(t, test.status, got.Status, "%+v", got)
			gate := record(t, got.History, "gate", latch.EventBeforeReleaseComplete)
			require.Contains(t, gate.Error, test.failed)
			require.Equal(t, test.failed == "", gate.Error == "", gate.Error)
			require.Equal(t, 1, l.count("/gate"), "it was sent once")
			require.Zero(t, l.count("/lost"))
			if gate.Lock != nil {
				require.Equal(t, latch.ViaOverride, gate.Lock.Via)
			}
		})
	}
}

// Contract, "Blocking and locks": an update whose data has no meaning is refused, and the lock
// stays for a better one.
func TestReleaseLockInOwnWords(t *testing.T) {
	t.Parallel()
	l := setup(t).lane(t)
	run := l.begin(latch.WorkflowRelease, `{"id":"r","steps":$STEPS(a),
		"webhooks":[{"id":"board","events":[{"event":"BEFORE_RELEASE","blocking":true}]}]}`)
	token := l.openLock(run.GetID(), "board").Token
	words := map[string]any{"lock": token, "data": map[string]any{"result": "rejected", "stop_release": "yes"}}
	err := l.update(run.GetID(), latch.MessageReleaseLock, words, nil)
	require.Equal(t, latch.ErrorInvalidArgument, errorType(err))
	require.ErrorContains(t, err, `data.result: "rejected" is neither "pass" nor "fail"`)
	require.ErrorContains(t, err, `data.stop_release: "yes" is neither true nor false`)
	require.Equal(t, token, l.openLock(run.GetID(), "board").Token)

	words["data"] = map[string]any{"result": "Fail", "stop_release": 1}
	var removed latch.Record
	require.NoError(t, l.update(run.GetID(), latch.MessageReleaseLock, words, &removed))
	require.Equal(t, latch.ResultFail, removed.Result)
	require.Equal(t, latch.ReleaseStopped, l.outcome(run).Status)
}
