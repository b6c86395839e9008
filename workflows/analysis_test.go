package workflows_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// measures answers each measurement by the next letter: s(uccess), f(ailure), i(nconclusive), and of
// errors e for a status, h for what is no HTTP, t for text, and m for a key that is
// missing. After the last it succeeds.
func (b *bench) measures(letters string) {
	made := 0
	b.handlers["/measure"] = func(w http.ResponseWriter, _ *http.Request) {
		letter := byte('s')
		if made < len(letters) {
			letter = letters[made]
		}
		made++
		switch letter {
		case 'e':
			w.WriteHeader(http.StatusInternalServerError)
		case 'h':
			if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
				_, _ = io.WriteString(conn, "no HTTP\r\n\r\n")
				_ = conn.Close()
			}
		default:
			_, _ = io.WriteString(w, valueOf[letter])
		}
	}
}

// valueOf has what is measured, by its letter.
var valueOf = map[byte]string{'s': `{"errors":0}`, 'f': `{"errors":9}`, 'i': `{"errors":3}`, 't': "no errors", 'm': "{}"}

// resultOf has what the measurement comes to.
var resultOf = map[byte]string{'s': latch.MeasuredSuccess, 'f': latch.MeasuredFailure, 'i': latch.MeasuredInconclusive,
	'e': latch.MeasuredError, 'h': latch.MeasuredError, 't': latch.MeasuredError, 'm': latch.MeasuredError}

const twenty = `"interval":"30s","count":20,"success":"response.data.errors < 2","failure":"response.data.errors > 5"`

// Contract, "Polling, analysis and soaking": the result of an analysis decides, and its
// measurements are recorded.
func TestAnalysisDecides(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, measured, analysis, hook string
		says                           func(*bench)
		status                         string
		data, reason                   string
		measurements                   int
	}{
		{name: "twenty successes", analysis: twenty, status: latch.ReleaseReleased, data: "successful", measurements: 20},
		{name: "one measurement", analysis: `"success":"response.data.errors < 2"`, status: latch.ReleaseReleased,
			data: "successful", measurements: 1},
		{name: "a failure", measured: "ssf", analysis: twenty, status: latch.ReleaseStopped, data: "failed", measurements: 3},
		{name: "failures within the limit", measured: "fsfs", analysis: twenty + `,"failure_limit":2`,
			status: latch.ReleaseReleased, data: "successful", measurements: 20},
		{name: "a failure too many", measured: "fsfsf", analysis: twenty + `,"failure_limit":2`,
			status: latch.ReleaseStopped, data: "failed", measurements: 5},
		{name: "a failure that rolls back", measured: "f", analysis: twenty, hook: `,"rollback_release":"history.result == 'fail'"`,
			status: latch.ReleaseRolledBack, data: "failed", measurements: 1},
		{name: "a rule over the counts", measured: "fs", analysis: twenty + `,"failure_limit":2`,
			hook:   `,"stop_release":"history.data.failed > 0"`,
			status: latch.ReleaseStopped, data: "successful", measurements: 20},
		{name: "errors that do not count", measured: "eeese", analysis: twenty + `,"error_limit":3`,
			status: latch.ReleaseReleased, data: "successful", measurements: 24},
		{name: "an error too many", measured: "seeee", analysis: twenty + `,"error_limit":3`, status: latch.ReleaseStopped,
			reason: "4 errors in a row, of which error_limit allows 3", measurements: 5},
		{name: "an error too many, and on_error", measured: "e", analysis: twenty + `,"error_limit":0`, hook: `,"on_error":"continue"`,
			status: latch.ReleaseReleased, measurements: 1},
		{name: "each kind of error", measured: "ehtm", analysis: twenty, status: latch.ReleaseReleased, data: "successful", measurements: 24},
		{name: "errors with a failure and something inconclusive between them", measured: "eefeeiees",
			analysis: twenty + `,"failure_limit":1,"inconclusive_limit":1,"error_limit":2`,
			status:   latch.ReleaseReleased, data: "successful", measurements: 26},
		{name: "everything in its limits, and then a failure too many", measured: "feifeifss",
			analysis: twenty + `,"failure_limit":2,"inconclusive_limit":2,"error_limit":1`,
			status:   latch.ReleaseStopped, data: "failed", measurements: 7},
		{name: "success alone", measured: "sf", analysis: `"interval":"30s","count":20,"success":"response.data.errors < 2"`,
			status: latch.ReleaseStopped, data: "failed", measurements: 2},
		{name: "failure alone", measured: "sf", analysis: `"interval":"30s","count":20,"failure":"response.data.errors > 5"`,
			status: latch.ReleaseStopped, data: "failed", measurements: 2},
		{name: "a failure counts before a success", measured: "f",
			analysis: `"success":"response.data.errors > 1","failure":"response.data.errors > 5"`,
			status:   latch.ReleaseStopped, data: "failed", measurements: 1},
		{name: "what cannot be evaluated is an error", measured: "m", analysis: `"success":"response.data.errors < 2","error_limit":0`,
			status: latch.ReleaseStopped, reason: "errors", measurements: 1},
		{name: "a failure that cannot be evaluated is an error", measured: "t", status: latch.ReleaseStopped, reason: "failure", measurements: 1,
			analysis: `"success":"response.status == 200","failure":"response.data.errors > 5","error_limit":0`},
		{name: "inconclusive, and a person lets pass", measured: "si", analysis: twenty, says: removes(0, "pass", "{}"),
			status: latch.ReleaseReleased, data: "inconclusive", measurements: 2},
		{name: "inconclusive, and a person stops", measured: "si", analysis: twenty, says: removes(0, "fail", `{"stop_release":true}`),
			status: latch.ReleaseStopped, data: "inconclusive", measurements: 2},
		{name: "inconclusive, and nobody decides", measured: "si", analysis: twenty, hook: `,"lock_timeout":"1h"`,
			status: latch.ReleaseStopped, data: "inconclusive", measurements: 2},
		{name: "inconclusive stops", measured: "si", analysis: twenty + `,"inconclusive":"stop"`,
			status: latch.ReleaseStopped, data: "inconclusive", measurements: 2},
		{name: "inconclusive goes on", measured: "si", analysis: twenty + `,"inconclusive":"continue"`,
			status: latch.ReleaseReleased, data: "inconclusive", measurements: 2},
		{name: "inconclusive within the limit", measured: "si", analysis: twenty + `,"inconclusive_limit":1`,
			status: latch.ReleaseReleased, data: "successful", measurements: 20},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.measures(test.measured)
			if test.says != nil {
				b.env.RegisterDelayedCallback(func() { test.says(b) }, time.Hour)
			}
			require.NoError(t, b.run(latch.WorkflowRelease, `{"id":"r","steps":[{"name":"a","do":{"http":{"url":"$R/do"}},"undo":{"http":{"url":"$R/undo"}}}],
				"webhooks":[{"id":"m","analysis":{"http":{"url":"$R/measure"},`+test.analysis+`},"events":[{"event":"AFTER_STEP"`+test.hook+`}]}]}`))
			var result latch.ReleaseResult
			b.result(&result)
			require.Equal(t, test.status, result.Status, "%+v", result)
			require.Len(t, result.History, 1)
			record := result.History[0]
			require.Len(t, record.Measurements, test.measurements)
			require.Equal(t, test.measurements, record.Attempts)
			require.Equal(t, test.data, strings.Trim(string(record.Data["analysis"]), `"`))
			require.Contains(t, record.Error, test.reason)
			require.Equal(t, http.MethodGet, record.Request.Method)
			for i, measured := range record.Measurements {
				letter := (test.measured + strings.Repeat("s", test.measurements))[i]
				require.Equal(t, resultOf[letter], measured.Result, "measurement %d", i+1)
				require.Equal(t, valueOf[letter], measured.Value, "measurement %d", i+1)
				require.Equal(t, measured.Result == latch.MeasuredError, measured.Error != "", "measurement %d", i+1)
				require.NotZero(t, measured.At)
			}
			if test.says != nil {
				require.Equal(t, "ann", record.Lock.RemovedBy)
			}
		})
	}
}

// Contract, "Polling, analysis and soaking": a request is repeated until its answer is final,
// in a task and in a hook.
func TestPoll(t *testing.T) {
	t.Parallel()
	const until = `"poll":{"until":"response.data.state != 'RUNNING'","interval":"1m","timeout":"30m"}`
	for _, test := range []struct {
		name, answers, retry string
		status               string
		asked                int
		reason               string
	}{
		{name: "final at once", answers: "S", status: latch.JobSucceeded, asked: 1},
		{name: "final after a while", answers: "RRRRS", status: latch.JobSucceeded, asked: 5},
		{name: "what cannot be read is not final", answers: "RxRS", status: latch.JobSucceeded, asked: 4},
		{name: "an answer that fails, tried again", answers: "RReeReeS",
			retry: `,"retry":{"maximum_attempts":3,"initial_interval":"1s"}`, status: latch.JobSucceeded, asked: 8},
		{name: "one that fails too often", answers: "RReeeS",
			retry: `,"retry":{"maximum_attempts":3,"initial_interval":"1s"}`, status: latch.JobFailed, asked: 5,
			reason: "given up after 3 of 3 attempts"},
	} {
		b := func(t *testing.T) *bench {
			b, made := setup(t), 0
			b.handlers["/state"] = func(w http.ResponseWriter, _ *http.Request) {
				letter := test.answers[min(made, len(test.answers)-1)]
				made++
				if letter == 'e' {
					w.WriteHeader(http.StatusInternalServerError)
					return
				}
				_, _ = io.WriteString(w, map[byte]string{'R': `{"state":"RUNNING"}`, 'S': `{"state":"SUCCEEDED","result":"pass"}`, 'x': `{}`}[letter])
			}
			return b
		}
		t.Run("task: "+test.name, func(t *testing.T) {
			t.Parallel()
			b := b(t)
			err := b.run(latch.WorkflowJobRun, `{"id":"j","task":{"http":{"url":"$R/state",`+until+test.retry+`}}}`)
			require.Len(t, b.received(), test.asked)
			if test.status == latch.JobFailed {
				require.ErrorContains(t, err, test.reason)
				return
			}
			require.NoError(t, err)
			var result latch.JobResult
			b.result(&result)
			require.JSONEq(t, `"SUCCEEDED"`, string(result.KVP["state"]))
		})
		t.Run("hook: "+test.name, func(t *testing.T) {
			t.Parallel()
			b := b(t)
			require.NoError(t, b.run(latch.WorkflowRelease, `{"id":"r","steps":[{"name":"a","do":{"http":{"url":"$R/do"}}}],
				"webhooks":[{"id":"ci","url":"$R/state",`+until+test.retry+`,"events":[{"event":"AFTER_STEP","on_error":"stop"}]}]}`))
			var result latch.ReleaseResult
			b.result(&result)
			record := result.History[0]
			require.Equal(t, test.asked, record.Attempts)
			require.Equal(t, map[string]string{latch.JobSucceeded: latch.ReleaseReleased,
				latch.JobFailed: latch.ReleaseStopped}[test.status], result.Status)
			require.Contains(t, record.Error, test.reason)
		})
	}
}

// Contract, "Polling, analysis and soaking": nothing passes before a soak is over, and a stop
// takes effect at once.
func TestSoak(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, webhook string
		says          func(*bench)
		status        string
		lasts         time.Duration
	}{
		{name: "alone", webhook: `{"id":"w","soak":"2h","event":"AFTER_STEP"}`, status: latch.ReleaseReleased, lasts: 2 * time.Hour},
		{name: "at an event", webhook: `{"id":"w","events":[{"event":"AFTER_STEP","soak":"2h"}]}`,
			status: latch.ReleaseReleased, lasts: 2 * time.Hour},
		{name: "with a yes", webhook: `{"id":"w","url":"$R/pass","soak":"2h","event":"AFTER_STEP"}`,
			status: latch.ReleaseReleased, lasts: 2 * time.Hour},
		{name: "with a no", webhook: `{"id":"w","url":"$R/fail","soak":"2h","event":"AFTER_STEP"}`, status: latch.ReleaseStopped},
		{name: "with a lock that is removed before", webhook: `{"id":"w","soak":"2h","events":[{"event":"AFTER_STEP","blocking":true}]}`,
			says: removes(0, "pass", "{}"), status: latch.ReleaseReleased, lasts: 2 * time.Hour},
		{name: "with a lock that is removed later", webhook: `{"id":"w","soak":"10m","events":[{"event":"AFTER_STEP","blocking":true}]}`,
			says: removes(0, "pass", "{}"), status: latch.ReleaseReleased, lasts: time.Hour},
		{name: "with another lock that is removed meanwhile", webhook: `{"id":"w","soak":"4h","events":[{"event":"AFTER_STEP","blocking":true}]},
			{"id":"x","events":[{"event":"AFTER_STEP","blocking":true,"lock_timeout":"2h"}]}`,
			says: func(b *bench) {
				locks := b.status().Locks
				b.releases(locks[0].Token)
				b.env.RegisterDelayedCallback(func() { b.releases(locks[1].Token) }, time.Minute)
			}, status: latch.ReleaseReleased, lasts: 4 * time.Hour},
		{name: "with an error that is overlooked", webhook: `{"id":"w","url":"$R/broken","success":"false","soak":"2h",
			"events":[{"event":"AFTER_STEP","on_error":"continue"}]}`, status: latch.ReleaseReleased, lasts: 2 * time.Hour},
		{name: "stopped meanwhile", webhook: `{"id":"w","soak":"2h","event":"AFTER_STEP"}`,
			says:   signals(latch.MessageStop, `{"by":"ann","reason":"no"}`),
			status: latch.ReleaseStopped, lasts: time.Hour},
		{name: "skipped meanwhile", webhook: `{"id":"w","url":"$R/pass","soak":"2h","event":"AFTER_STEP"}`,
			says:   signals(latch.MessageSkip, `{"webhook":"w","event":"AFTER_STEP","by":"ann","reason":"no"}`),
			status: latch.ReleaseReleased, lasts: time.Hour},
		{name: "with an analysis", webhook: `{"id":"w","analysis":{"http":{"url":"$R/measure"},` + twenty + `},"soak":"2h","event":"AFTER_STEP"}`,
			status: latch.ReleaseReleased, lasts: 2 * time.Hour},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.measures("")
			b.answers["/pass"], b.answers["/fail"] = passAnswer, `{"result":"fail","stop_release":true}`
			if test.says != nil {
				b.env.RegisterDelayedCallback(func() { test.says(b) }, time.Hour)
			}
			began := b.env.Now()
			require.NoError(t, b.run(latch.WorkflowRelease, `{"id":"r","steps":[{"name":"a","do":{"http":{"url":"$R/do"}}}],"webhooks":[`+test.webhook+`]}`))
			var result latch.ReleaseResult
			b.result(&result)
			require.Equal(t, test.status, result.Status, "%+v", result)
			require.InDelta(t, test.lasts.Minutes(), b.env.Now().Sub(began).Minutes(), 2)
		})
	}
}

func (b *bench) releases(lock string) {
	b.env.SignalWorkflow(latch.MessageReleaseLock, latch.LockRelease{Lock: lock, Result: latch.ResultPass})
}
