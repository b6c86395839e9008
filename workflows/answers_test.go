package workflows_test

import (
	"bytes"
	"compress/zlib"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
)

// A reply is an endpoint's answer.
type reply struct {
	status                    int
	contentType, coding, body string
}

func (r reply) serve(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", r.contentType)
	if r.coding != "" {
		w.Header().Set("Content-Encoding", r.coding)
	}
	w.WriteHeader(max(r.status, http.StatusOK))
	_, _ = io.WriteString(w, r.body)
}

func compressed(text string, open func(io.Writer) io.WriteCloser) string {
	var out bytes.Buffer
	writer := open(&out)
	_, _ = io.WriteString(writer, text)
	_ = writer.Close()
	return out.String()
}

func brotlied(text string) string {
	return compressed(text, func(to io.Writer) io.WriteCloser { return brotli.NewWriter(to) })
}

func zlibbed(text string) string {
	return compressed(text, func(to io.Writer) io.WriteCloser { return zlib.NewWriter(to) })
}

func utf16(text string) string {
	var wide strings.Builder
	wide.WriteString("\xff\xfe")
	for _, c := range []byte(text) {
		wide.Write([]byte{c, 0})
	}
	return wide.String()
}

// The outcomes of a hook. unread and unclear depend on on_error.
const (
	passes  = "passes"
	stops   = "stops"
	unread  = "cannot be read"
	unclear = "is not understood"
	lacking = "lacks what its expression reads"
)

// The kinds of hooks at which an answer may decide, in the order of the columns below. If a
// lock is still open after an hour, a person removes it without a result.
var kinds = []struct {
	name, workflow, spec string
	// does describes the run's behaviour, by its result.
	stopped, onError string
}{
	{"default rules", latch.WorkflowRelease, `"event":"BEFORE_RELEASE","on_error":"rollback"`, latch.ReleaseStopped, latch.ReleaseRolledBack},
	{"an expression of its own", latch.WorkflowRelease,
		`"event":"BEFORE_RELEASE","on_error":"rollback","stop_release":"history.data[?'failed'].orValue(0) > 0"`,
		latch.ReleaseStopped, latch.ReleaseRolledBack},
	{"blocking", latch.WorkflowRelease, `"event":"BEFORE_RELEASE","on_error":"rollback","blocking":true`,
		latch.ReleaseStopped, latch.ReleaseRolledBack},
	{"blocking, with an expression", latch.WorkflowRelease, `"event":"BEFORE_RELEASE","on_error":"rollback","blocking":true,
		"stop_release":"history.data[?'failed'].orValue(0) > 0"`, latch.ReleaseStopped, latch.ReleaseRolledBack},
	{"blocking at JOB_START", latch.WorkflowJobRun, `"event":"JOB_START","blocking":true`, latch.JobFailed, latch.JobFailed},
}

// Contract, "Responses" and "Decisions": what an answer decides, in any encoding. An answer
// that cannot be read or understood never counts as a yes, and is not retried.
func TestWhatAnswersDecide(t *testing.T) {
	t.Parallel()
	const no = `{"result":"fail","stop_release":true,"failed":3}`
	const js = "application/json"
	// A job has no stop: its "stops" is a start that failed.
	for _, test := range []struct {
		name  string
		reply reply
		want  [5]string
	}{
		{"a clear no", reply{contentType: js, body: no}, [5]string{stops, stops, stops, stops, stops}},
		{"as text", reply{contentType: "text/plain", body: " \n" + no}, [5]string{stops, stops, stops, stops, stops}},
		{"behind a byte order mark", reply{contentType: js, body: "\ufeff" + no}, [5]string{stops, stops, stops, stops, stops}},
		{"in UTF-16", reply{contentType: "text/plain", body: utf16(no)}, [5]string{stops, stops, stops, stops, stops}},
		{"in Latin-1", reply{contentType: js + "; charset=iso-8859-1", body: no[:len(no)-1] + ",\"note\":\"Pr\xfcfung\"}"},
			[5]string{stops, stops, stops, stops, stops}},
		{"in brotli", reply{contentType: js, coding: "br", body: brotlied(no)}, [5]string{stops, stops, stops, stops, stops}},
		{"in deflate", reply{coding: "deflate", body: zlibbed(no)}, [5]string{stops, stops, stops, stops, stops}},
		{"in other letters", reply{contentType: js, body: `{"result":"FAIL","stop_release":"true","failed":1}`},
			[5]string{stops, stops, stops, stops, stops}},
		{"by a number", reply{contentType: js, body: `{"result":"Fail","stop_release":1.0,"failed":1}`},
			[5]string{stops, stops, stops, stops, stops}},

		{"a clear yes", reply{contentType: js, body: `{"result":"Pass","stop_release":"false","rollback_release":0}`},
			[5]string{passes, passes, passes, passes, passes}},
		{"nothing said", reply{contentType: js, body: `{"result":null}`}, [5]string{passes, passes, passes, passes, passes}},
		{"a word of a chat", reply{contentType: "text/html", body: "ok"}, [5]string{passes, lacking, passes, lacking, passes}},
		{"empty", reply{contentType: js}, [5]string{passes, lacking, passes, lacking, passes}},
		{"no content", reply{status: http.StatusNoContent}, [5]string{passes, lacking, passes, lacking, passes}},
		{"a sign-in page", reply{contentType: "text/html", body: "<!DOCTYPE html><title>Sign in</title>"},
			[5]string{passes, lacking, passes, lacking, passes}},
		{"an array", reply{contentType: js, body: `[{"failed":3}]`}, [5]string{passes, lacking, passes, lacking, passes}},

		{"no number", reply{contentType: js, body: `{"result":"fail","stop_release":true,"rate":NaN}`},
			[5]string{unread, unread, unread, unread, unread}},
		{"a comma too many", reply{contentType: "text/plain", body: `{"result":"fail","stop_release":true,}`},
			[5]string{unread, unread, unread, unread, unread}},
		{"a brace too few", reply{contentType: js, body: `{"result":"fail","stop_release":true`},
			[5]string{unread, unread, unread, unread, unread}},
		{"a notice before it", reply{contentType: js, body: "<b>Notice</b>: x " + no}, [5]string{unread, unread, unread, unread, unread}},
		{"two answers", reply{body: `{"result":"pass"}` + no}, [5]string{unread, unread, unread, unread, unread}},
		{"yes and no", reply{contentType: js, body: `{"stop_release":true,"stop_release":false}`},
			[5]string{unread, unread, unread, unread, unread}},
		{"an unknown coding", reply{contentType: js, coding: "compress", body: "\x1f\x9d\x90{"},
			[5]string{unread, unread, unread, unread, unread}},
		{"an unknown charset", reply{contentType: js + "; charset=klingon", body: no}, [5]string{unread, unread, unread, unread, unread}},
		{"an undeclared charset", reply{contentType: js, body: "{\"note\":\"Pr\xfcfung\"}"}, [5]string{unread, unread, unread, unread, unread}},

		{"almost fail", reply{contentType: js, body: `{"result":"failed"}`}, [5]string{unclear, unclear, unclear, unclear, unclear}},
		{"almost pass", reply{contentType: js, body: `{"result":"success"}`}, [5]string{unclear, unclear, unclear, unclear, unclear}},
		{"a stop in words", reply{contentType: js, body: `{"result":"fail","stop_release":"yes"}`},
			[5]string{unclear, passes, unclear, passes, stops}},
		{"a rollback in capitals", reply{contentType: js, body: `{"rollback_release":"TRUE"}`},
			[5]string{unclear, unclear, unclear, unclear, passes}},
		{"a number of them", reply{contentType: js, body: `{"rollback_release":2}`}, [5]string{unclear, unclear, unclear, unclear, passes}},
	} {
		for i, kind := range kinds {
			t.Run(test.name+", "+kind.name, func(t *testing.T) {
				t.Parallel()
				b := setup(t)
				b.handlers["/gate"] = test.reply.serve
				b.removeLockAfter(time.Hour)
				work := `"steps":[{"name":"a","do":{"http":{"url":"$R/do"}}}]`
				if kind.workflow == latch.WorkflowJobRun {
					work = `"task":{"http":{"url":"$R/do"}}`
				}
				err := b.run(kind.workflow, `{"id":"r",`+work+`,"webhooks":[{"id":"gate","url":"$R/gate","events":[{`+kind.spec+`}]}]}`)
				status, record := b.ended(err)
				switch test.want[i] {
				case passes:
					require.Contains(t, []string{latch.ReleaseReleased, latch.JobSucceeded}, status)
					require.Empty(t, record.Error)
				case stops:
					require.Equal(t, kind.stopped, status)
					require.Empty(t, record.Error)
				case unread:
					require.Equal(t, kind.onError, status)
					require.Equal(t, latch.ResultFail, record.Result)
					require.True(t, strings.HasPrefix(record.Error, "the answer "), record.Error)
					require.Contains(t, record.Tries[0].Error, record.Error[:min(len(record.Error), 200)])
					require.True(t, record.Tries[0].Unreadable)
					if record.Lock != nil {
						require.Equal(t, latch.ViaOverride, record.Lock.Via, "no person was waited for")
						require.Contains(t, record.Lock.Reason, record.Error)
					}
				default:
					require.Equal(t, kind.onError, status)
					require.Equal(t, latch.ResultFail, record.Result)
					require.Contains(t, record.Error,
						map[string]string{unclear: "the answer is not understood: ", lacking: "stop_release reads history.data"}[test.want[i]])
				}
				require.Equal(t, 1, record.Attempts, "what arrived is not sent again")
			})
		}
	}
}

// removeLockAfter makes a person remove the open lock after a while.
func (b *bench) removeLockAfter(wait time.Duration) {
	b.env.RegisterDelayedCallback(func() {
		var status latch.Status
		value, err := b.env.QueryWorkflow(latch.QueryStatus)
		require.NoError(b, err)
		require.NoError(b, value.Get(&status))
		for _, lock := range status.Locks {
			b.env.SignalWorkflow(latch.MessageReleaseLock, latch.LockRelease{Lock: lock.Token})
		}
	}, wait)
}

// ended returns a run's status and its first record, however the run closed.
func (b *bench) ended(err error) (string, latch.Record) {
	b.Helper()
	var result struct {
		Status  string
		History []latch.Record
	}
	var application *temporal.ApplicationError
	if err == nil {
		b.result(&result)
		return result.Status, result.History[0]
	}
	require.ErrorAs(b, err, &application)
	require.NoError(b, application.Details(&result))
	value, err := b.env.QueryWorkflow(latch.QueryHistory)
	require.NoError(b, err)
	require.NoError(b, value.Get(&result.History))
	return result.Status, result.History[0]
}

// Contract, "Responses": where the answer has no effect, an unreadable one changes nothing,
// because the message was delivered. The record of the attempt mentions it.
func TestUnreadableAnswersOfNotifications(t *testing.T) {
	t.Parallel()
	for event, spec := range map[string]string{
		"JOB_SUCCESS": `{"id":"r","task":{"http":{"url":"$R/do"}},"webhooks":[$W]}`,
		"JOB_START":   `{"id":"r","task":{"http":{"url":"$R/do"}},"webhooks":[$W]}`,
	} {
		b := setup(t)
		b.handlers["/gate"] = reply{contentType: "application/json", body: `{"ok":true,}`}.serve
		require.NoError(t, b.run(latch.WorkflowJobRun,
			strings.ReplaceAll(spec, "$W", `{"id":"gate","url":"$R/gate","events":[{"event":"`+event+`"}]},
			{"id":"operator","url":"$R/operator","events":[{"event":"DELIVERY_EXHAUSTED"}]}`)))
		_, record := b.ended(nil)
		require.Equal(t, latch.ResultPass, record.Result)
		require.Empty(t, record.Error)
		require.Contains(t, record.Tries[0].Error, "the answer is not valid JSON: invalid character '}'")
		require.True(t, record.Tries[0].Unreadable)
		require.Equal(t, 1, record.Attempts)
		require.NotContains(t, b.received(), "DELIVERY_EXHAUSTED")
	}
}

// Contract, "Responses": at a custom event, and wherever an expression sets the result, an
// answer that cannot be read or understood makes its record fail.
func TestUnreadableAnswersOfCustomEvents(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ settings, body, result, failure string }{
		{`{"event":"DEPLOYED"}`, `{"ok":true,}`, "fail", "the answer is not valid JSON"},
		{`{"event":"DEPLOYED"}`, `{"result":"failed"}`, "fail", `result: "failed"`},
		{`{"event":"DEPLOYED"}`, `{"result":"FAIL"}`, "fail", ""},
		{`{"event":"DEPLOYED"}`, "ok", "pass", ""},
		{`{"event":"DEPLOYED","result":"has(history.data.errors) ? 'fail' : 'pass'"}`, "ok", "fail", "result reads history.data"},
		{`{"event":"DEPLOYED","result":"has(history.data.errors) ? 'fail' : 'pass'"}`, "{}", "pass", ""},
		{`{"event":"DEPLOYED","blocking":true}`, `{"ok":true,}`, "fail", "the answer is not valid JSON"},
	} {
		b := setup(t)
		b.handlers["/gate"] = reply{body: test.body}.serve
		require.NoError(t, b.run(latch.WorkflowEmit, `{"event":"DEPLOYED","webhooks":[{"id":"w","url":"$R/gate","events":[`+test.settings+`]}]}`))
		_, record := b.ended(nil)
		require.Equal(t, test.result, record.Result, test.body)
		require.Contains(t, record.Error, test.failure)
		require.Equal(t, test.failure == "", record.Error == "", record.Error)
	}
}

// Contract, "Blocking and locks": data from a person must be understood. The endpoint's data
// counts in addition, however large a run's history gets.
func TestWhatPeopleBring(t *testing.T) {
	t.Parallel()
	const own = `,"stop_release":"history.data[?'failed'].orValue(0) > 0"`
	large := strings.Repeat("x", 60_000)
	for _, test := range []struct {
		name, settings, answer, release string
		rejected                        string
		status, failure                 string
	}{
		{name: "a result in their own words", release: `{"data":{"result":"no way"}}`,
			rejected: `data.result: "no way" is neither "pass" nor "fail"`, status: latch.ReleaseReleased},
		{name: "a stop in their own words", release: `{"result":"fail","data":{"stop_release":"yes","rollback_release":2}}`,
			rejected: `data.stop_release: "yes" is neither true nor false`, status: latch.ReleaseReleased},
		{name: "a stop as text", release: `{"data":{"result":"FAIL","stop_release":"true"}}`, status: latch.ReleaseStopped},
		{name: "a word that the hook has a rule for", settings: `,"stop_release":"history.data.stop_release == 'yes'"`,
			release: `{"data":{"stop_release":"yes"}}`, status: latch.ReleaseStopped},
		{name: "an answer that nobody understands, put right", answer: `{"result":"failed"}`, release: `{"result":"pass"}`,
			status: latch.ReleaseReleased},
		{name: "an answer that nobody understands, left so", answer: `{"stop_release":"yes"}`, release: `{"result":"pass"}`,
			status: latch.ReleaseRolledBack, failure: "is not understood"},
		{name: "an object where the answer has none", settings: own, answer: "ok", release: `{"data":{"failed":0}}`,
			status: latch.ReleaseReleased},
		{name: "a result where the answer has no object", settings: own, answer: "ok", release: `{"result":"pass"}`,
			status: latch.ReleaseReleased},
		{name: "nothing where the answer has no object", settings: own, answer: "ok", release: `{"reason":"fine"}`,
			status: latch.ReleaseRolledBack, failure: "the answer is not JSON (text/plain; charset=utf-8), and stop_release reads history.data"},
		{name: "an answer that was cut where it is kept", settings: own, answer: `{"failed":3,"log":"` + large + `"}`,
			release: `{"data":{"note":"` + large + `"}}`, status: latch.ReleaseStopped},
		{name: "a word that was cut where it is kept",
			answer: `{"result":"` + large[:100] + `","log":"` + large[:50_000] + `"}`, release: `{"data":{"note":"` + large + `"}}`,
			status: latch.ReleaseRolledBack, failure: "is not understood"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.answers["/gate"] = test.answer
			if test.answer == "" {
				b.answers["/gate"] = "{}"
			}
			b.env.RegisterDelayedCallback(func() { b.release(test.release) }, time.Hour)
			b.removeLockAfter(2 * time.Hour)
			var filler []string
			if strings.Contains(test.name, "was cut") { // the gate's own record follows
				for i := range 8 {
					path := string(rune('a' + i))
					b.answers["/"+path] = `{"log":"` + large + `"}`
					filler = append(filler, `{"id":"`+path+`","url":"$R/`+path+`","event":"BEFORE_RELEASE"}`)
				}
			}
			webhooks := append([]string{`{"id":"gate","url":"$R/gate",
				"events":[{"event":"BEFORE_RELEASE","blocking":true,
					"on_error":"rollback"` + test.settings + `}]}`}, filler...)
			err := b.run(latch.WorkflowRelease,
				`{"id":"r","steps":[{"name":"a","do":{"http":{"url":"$R/do"}}}],"webhooks":[`+strings.Join(webhooks, ",")+`]}`)
			status, record := b.ended(err)
			require.Equal(t, test.status, status, record.Error)
			require.Contains(t, record.Error, test.failure)
			require.Equal(t, test.failure == "", record.Error == "", record.Error)
			require.Equal(t, strings.Contains(test.name, "was cut"), record.Truncated)

			var now latch.Status
			value, err := b.env.QueryWorkflow(latch.QueryStatus)
			require.NoError(t, err)
			require.NoError(t, value.Get(&now))
			if test.rejected == "" {
				require.Empty(t, now.Rejected)
				return
			}
			require.Len(t, now.Rejected, 1)
			require.Contains(t, now.Rejected[0].Error, test.rejected)
		})
	}
}

// release removes the gate's lock with a signal that has the given keys.
func (b *bench) release(keys string) {
	var status latch.Status
	value, err := b.env.QueryWorkflow(latch.QueryStatus)
	require.NoError(b, err)
	require.NoError(b, value.Get(&status))
	var message map[string]any
	require.NoError(b, json.Unmarshal([]byte(keys), &message))
	message["lock"] = status.Locks[0].Token
	b.env.SignalWorkflow(latch.MessageReleaseLock, message)
}
