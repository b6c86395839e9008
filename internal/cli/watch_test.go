package cli

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/backend"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/runs"
	"github.com/latch-run/latch/internal/runs/runstest"
)

// scene is the answer of the run at one poll.
type scene struct{ status, history string }

// play makes a run that goes through the scenes, one per poll, and then ends.
func play(run *runstest.Run, scenes ...scene) {
	run.Ended = make(chan struct{})
	at := 0
	run.Answer = func(query string) (any, error) {
		current := scenes[min(at, len(scenes)-1)]
		if query == latch.QueryStatus {
			return json.RawMessage(current.status), nil
		}
		if at++; at == len(scenes) {
			close(run.Ended)
		}
		return json.RawMessage(current.history), nil
	}
}

const (
	lockToken = "release-first:approval:r4nd0m"
	waiting   = `{"delivery_id":"dlv_1","webhook":"approval","event":"BEFORE_RELEASE","result":"pending",
		"data":{},"attempts":0,"lock":{"token":"` + lockToken + `"}}`
	passed = `{"delivery_id":"dlv_1","webhook":"approval","event":"BEFORE_RELEASE","result":"pass",
		"decision":"continue","data":{},"attempts":2,"duration_ms":1500,"response":{"status":200},
		"lock":{"token":"` + lockToken + `","removed_at":"2026-07-01T10:00:00.000Z","removed_by":"ada\u001b[31m",
			"via":"update"}}`
	result = `{"id":"first","status":"released","steps":[{"name":"a","status":"done"}],"history":[` + passed + `]}`
)

func releaseRun(scenes ...scene) *runstest.Temporal {
	temporal := newTemporal("release-first")
	released(temporal.Runs[0], scenes...)
	return temporal
}

// released makes a run go through the scenes, and then be released.
func released(run *runstest.Run, scenes ...scene) {
	play(run, scenes...)
	run.Closed = runstest.Completed(payloads(result))
}

func threeScenes() []scene {
	return []scene{
		{`{"id":"first","status":"running","phase":"waiting","event":"BEFORE_RELEASE",
			"steps":[{"name":"a","status":"pending"}],
			"locks":[{"token":"` + lockToken + `","webhook":"approval","event":"BEFORE_RELEASE",
				"since":"2026-07-01T10:00:00Z","until":"2026-07-02T10:00:00Z"}],
			"rejected":[]}`, "[" + waiting + "]"},
		{`{"id":"first","status":"running","phase":"waiting","event":"BEFORE_RELEASE",
			"steps":[{"name":"a","status":"pending"}],
			"locks":[{"token":"` + lockToken + `","webhook":"approval","event":"BEFORE_RELEASE",
				"since":"2026-07-01T10:00:00Z"}],
			"rejected":[{"name":"stop","error":"no","at":"2026-07-01T10:00:00Z"}]}`, "[" + waiting + "]"},
		{`{"id":"first","status":"running","phase":"step","step":"a","steps":[{"name":"a","status":"done"}],
			"locks":[],
			"rejected":[{"name":"stop","error":"no","at":"2026-07-01T10:00:00Z"}]}`, "[" + passed + "]"},
	}
}

var clock = regexp.MustCompile(`(?m)^\d\d:\d\d:\d\d  `)

// TestWatching: the output has phases, records as they settle, locks with the command that
// removes them, and the result.
func TestWatching(t *testing.T) {
	t.Parallel()
	code, out, errors := execute("", releaseRun(threeScenes()...), "watch", "first")
	require.Equal(t, failure.ExitOK, code, errors)
	require.Empty(t, errors)
	require.Equal(t, strings.Join([]string{
		"watching  release-first  run run-1",
		"phase    waiting BEFORE_RELEASE",
		"lock     BEFORE_RELEASE  approval  waits for its removal, until 2026-07-02T10:00:00Z",
		"          starter lock release " + lockToken,
		"refused  signal stop  no",
		"step     a  done",
		"pass     BEFORE_RELEASE  approval  answered 200  2 attempts  1.5s  decides continue  lock removed by ada\ufffd[31m (update)",
		"phase    step (a)",
		"release-first: released",
		"  step a: done", "",
	}, "\n"), clock.ReplaceAllString(out, ""))
	require.NotContains(t, out, "\x1b", "no colours where there is no terminal, and none from elsewhere")
}

func TestWatchingOnATerminalEndsWithATable(t *testing.T) {
	t.Parallel()
	c := newCommand("", releaseRun(threeScenes()...))
	c.out.Terminal, c.environ = true, []string{"NO_COLOR=1"}
	require.Equal(t, failure.ExitOK, c.start("watch", "first"))
	require.Contains(t, c.stdout.String(), "RESULT  EVENT           WEBHOOK   ANSWER  ATTEMPTS  TOOK  DECISION  DELIVERY  NOTE\n"+
		"pass    BEFORE_RELEASE  approval  200     2         1.5s  continue  dlv_1     lock removed by ada")
	require.NotContains(t, c.stdout.String(), "\x1b")

	c = newCommand("", releaseRun(threeScenes()...))
	c.out.Terminal = true
	require.Equal(t, failure.ExitOK, c.start("watch", "first"))
	require.Contains(t, c.stdout.String(), "\x1b[32mreleased\x1b[0m")
}

func TestWatchingAsJSONGivesTheOutcomeAlone(t *testing.T) {
	t.Parallel()
	temporal := newTemporal()
	temporal.OnStart = func(run *runstest.Run) { released(run, threeScenes()...) }
	code, out, errors := execute("id: first\nsteps: [{name: a, do: {command: {argv: [x]}}}]", temporal, "release", "run",
		"-", "--watch", "-o", "json")
	require.Equal(t, failure.ExitOK, code)
	outcome := object(t, out)
	require.Equal(t, "released", outcome["status"])
	require.Equal(t, "release-first", outcome["workflow_id"])
	require.Equal(t, "first", outcome["result"].(map[string]any)["id"])
	require.Contains(t, errors, "waits for its removal", "progress goes to standard error")
}

// TestExitCodesOfRuns checks the exit codes that the root command's help lists.
func TestExitCodesOfRuns(t *testing.T) {
	t.Parallel()
	failed := func(kind, details string) *historypb.HistoryEvent {
		return runstest.Failed("step a failed", kind, payloads(details))
	}
	for name, test := range map[string]struct {
		result string
		closed *historypb.HistoryEvent
		code   int
		want   []string
	}{
		"released": {`{"id":"1","status":"released","steps":[]}`, nil, failure.ExitOK, []string{"release-first: released"}},
		"stopped": {`{"id":"1","status":"stopped","reason":"no",
			"decided_by":{"webhook":"board","event":"BEFORE_RELEASE"},
			"steps":[{"name":"a","status":"pending"}]}`, nil, failure.ExitNotReleased,
			[]string{"release-first: stopped\n  reason: no\n  decided by: webhook board at BEFORE_RELEASE\n  step a: pending\n"}},
		"rolled back": {`{"id":"1","status":"rolled_back","decided_by":{"by":"ada"},"steps":[]}`, nil,
			failure.ExitNotReleased, []string{"decided by: ada"}},
		"succeeded": {`{"id":"1","status":"succeeded","kvp":{}}`, nil, failure.ExitOK, []string{"succeeded"}},
		"deliveries that failed": {`{"id":"1","event":"A",
			"history":[
				{"result":"fail","error":"503","attempts":9},
				{"result":"pass","attempts":1},
				{"result":"skipped","error":"skipped: no"},
				{"result":"fail","error":"stop_release: no such key","attempts":1,"response":{"status":200}},
				{"result":"fail","error":"lock timed out","attempts":0,
					"lock":{"token":"t"}}]}`, nil, failure.ExitOK, []string{
			"completed\n  1 of 3 deliveries failed\n"}},
		"an emission": {`{"id":"1","event":"A","history":[]}`, nil, failure.ExitOK, []string{"completed"}},
		"a sequence": {`{"id":"1","status":"succeeded","jobs":[{"id":"x","status":"failed","error":"oh"}]}`, nil,
			failure.ExitOK, []string{"  job x: failed: oh\n"}},
		"failed": {"", failed(latch.ErrorReleaseFailed, `{"id":"1","status":"failed","steps":[{"name":"a","status":"failed","error":"oh"}]}`),
			failure.ExitFailed, []string{"release-first: failed\n", "error: ReleaseFailed: step a failed", "step a: failed: oh"}},
		"an undo that failed": {"", failed(latch.ErrorRollbackIncomplete, ""), failure.ExitFailed,
			[]string{"error: RollbackIncomplete: step a failed"}},
		"timed out": {"", failed(latch.ErrorJobFailed, `{"id":"1","status":"timed_out"}`), failure.ExitFailed,
			[]string{"release-first: timed_out"}},
		"cancelled": {"", runstest.Canceled(
			payloads(`{"id":"1","status":"cancelled","steps":[{"name":"a","status":"undone"}]}`)), failure.ExitFailed,
			[]string{"release-first: cancelled", "step a: undone"}},
		"refused":    {"", failed(latch.ErrorInvalidSpec, ""), failure.ExitUsage, []string{"error: InvalidSpec: step a failed"}},
		"terminated": {"", runstest.Terminated(""), failure.ExitFailed, []string{"release-first: terminated", "no report of it is known"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := releaseRun(scene{`{"status":"running"}`, "[]"})
			if run.Runs[0].Closed = test.closed; test.closed == nil {
				run.Runs[0].Closed = runstest.Completed(payloads(test.result))
			}
			code, out, errors := execute("", run, "watch", "first")
			require.Equal(t, test.code, code, out+errors)
			require.Empty(t, errors)
			for _, want := range test.want {
				require.Contains(t, out, want)
			}
		})
	}
}

func TestCtrlCStopsWatchingNotTheRun(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(context.Background())
	defer interrupt()
	run := newTemporal("release-first")
	run.Runs[0].Ended = make(chan struct{})
	answering(run, func(query string) (string, error) {
		if query == latch.QueryHistory {
			interrupt()
			return "[]", nil
		}
		return `{"status":"running"}`, nil
	})
	c := newCommand("", run)
	require.Equal(t, failure.ExitInterrupted, c.program.run(ctx, []string{"watch", "first"}))
	require.Equal(t, "Error: stopped watching; release-first goes on. Watch it again with: starter watch release-first\n", c.stderr.String())
	require.Empty(t, run.Updates)
}

func TestWatchingWithoutAWorkerSaysSoOnce(t *testing.T) {
	t.Parallel()
	unanswered := func() *runstest.Temporal {
		temporal := releaseRun()
		run, polls := temporal.Runs[0], 0
		return answering(temporal, func(string) (string, error) {
			if polls++; polls == 5 {
				close(run.Ended)
			}
			return "", serviceerror.NewDeadlineExceeded("no")
		})
	}
	code, out, _ := execute("", unanswered(), "watch", "release-first")
	require.Equal(t, failure.ExitOK, code)
	require.Equal(t, 1, strings.Count(out, `waiting  release-first does not answer: is a worker polling its task queue "mine"?`), out)

	run := unanswered()
	silent := run.Runs[0].Answer
	run.Runs[0].Answer = func(query string) (any, error) {
		run.DescribeError = serviceerror.NewUnavailable("stream terminated by RST_STREAM with error code: CANCEL")
		return silent(query)
	}
	code, out, _ = execute("", run, "watch", "release-first")
	require.Equal(t, failure.ExitOK, code)
	require.Equal(t, 1, strings.Count(out, "waiting  Temporal is out of reach"), out)
	require.NotContains(t, out, "worker")
	require.NotContains(t, out, "RST_STREAM")
}

func TestALockOfAHookThatHasDecidedIsNobodysToRemove(t *testing.T) {
	t.Parallel()
	lock := latch.OpenLock{Token: lockToken}
	for decided, records := range map[bool][]latch.Record{
		false: {{Lock: &latch.RecordLock{Token: lockToken}}, {Decision: latch.Stop},
			{Decision: latch.Stop, Lock: &latch.RecordLock{Token: "another"}}},
		true: {{Decision: latch.Stop, Lock: &latch.RecordLock{Token: lockToken}}},
	} {
		require.Equal(t, decided, len(undecided([]latch.OpenLock{lock}, records)) == 0)
	}
}

func TestNotesOfARecord(t *testing.T) {
	t.Parallel()
	at := latch.Time{Time: time.Date(2026, 7, 1, 10, 0, 0, 0, time.UTC)}
	for want, lock := range map[string]latch.RecordLock{
		"lock timed out":                     {RemovedAt: at, Via: latch.ViaTimeout},
		"lock closed: rolled back by ada":    {RemovedAt: at, Via: latch.ViaOverride, Reason: "rolled back by ada"},
		"lock removed by ada (signal): fine": {RemovedAt: at, Via: latch.ViaSignal, RemovedBy: "ada", Reason: "fine"},
		"":                                   {},
	} {
		require.Equal(t, want, note(&latch.Record{Lock: &lock}))
	}
	require.Equal(t, "<1ms", took(&latch.Record{Attempts: 1, CompletedAt: at}))
	require.Equal(t, "3ms", took(&latch.Record{Attempts: 1, CompletedAt: at, DurationMS: 3}))
	require.Empty(t, took(&latch.Record{CompletedAt: at}), "nothing was sent")
}

func TestStatusAndHistory(t *testing.T) {
	t.Parallel()
	run := answering(newTemporal("release-first"), func(query string) (string, error) {
		if query == latch.QueryStatus {
			return threeScenes()[1].status, nil
		}
		return "[" + passed + "]", nil
	})
	code, out, _ := execute("", run, "status", "first")
	require.Equal(t, failure.ExitOK, code)
	require.Equal(t, "release-first: running\n  phase: waiting BEFORE_RELEASE\n  step a: pending\n"+
		"  lock of approval at BEFORE_RELEASE, since 2026-07-01T10:00:00Z\n    remove it with: starter lock release "+
		lockToken+"\n  refused: signal stop: no\n", out)
	_, out, _ = execute("", run, "status", "release-first", "-o", "json")
	require.Equal(t, "waiting", object(t, out)["phase"])

	code, out, _ = execute("", run, "history", "first", "--webhook", "approval", "--event", "BEFORE_RELEASE", "--after",
		"dlv_0", "--limit", "5")
	require.Equal(t, failure.ExitOK, code)
	require.Equal(t, []any{latch.HistoryQuery{Webhook: "approval", Event: "BEFORE_RELEASE", After: "dlv_0", Limit: 5}}, run.Arguments)
	require.Equal(t,
		"RESULT\tEVENT\tWEBHOOK\tANSWER\tATTEMPTS\tTOOK\tDECISION\tDELIVERY\tNOTE\n"+
			"pass\tBEFORE_RELEASE\tapproval\t200\t2\t1.5s\tcontinue\tdlv_1\tlock removed by ada\ufffd[31m (update)\n", out)
	_, out, _ = execute("", run, "history", "first", "-o", "json")
	require.Equal(t, "dlv_1", object(t, `{"records":`+out+`}`)["records"].([]any)[0].(map[string]any)["delivery_id"])

	code, _, errors := execute("", run, "status", "other")
	require.Equal(t, failure.ExitFailed, code)
	require.Equal(t, "Error: there is no run with the workflow id \"other\" or \"job-other\" or \"release-other\" or \"emit-other\" or \"gate-other\"\n", errors)
}

// TestConnectingIsBoundedAndNamesTheAddress: nothing listens on this loopback port.
func TestConnectingIsBoundedAndNamesTheAddress(t *testing.T) {
	t.Setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
	t.Setenv("TEMPORAL_NAMESPACE", "shop")
	t.Setenv("TEMPORAL_CONFIG_FILE", write(t, "temporal.toml", ""))
	_, err := backend.Dial(t.Context()) // without a bound it would never end
	require.ErrorContains(t, err, "cannot reach Temporal at 127.0.0.1:1 (namespace shop)")
	require.Equal(t, failure.ExitUnreachable, failure.Explain(err).ExitCode())
}

// A server that is too busy is not asked again before the time that it names.
func TestWatchingAsksABusyServerNoSoonerThanItSays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCommand("", releaseRun())
		began, ended := time.Now(), make(chan struct{})
		var asked []time.Duration
		run := &backend.Run{WorkflowID: "release-first", RunID: "run-1",
			Wait: func(context.Context) (*runs.Outcome, error) {
				<-ended
				return &runs.Outcome{WorkflowID: "release-first", Status: latch.ReleaseReleased}, nil
			},
			Progress: func(context.Context) (*latch.Status, []latch.Record, error) {
				asked = append(asked, time.Since(began))
				switch len(asked) {
				case 1:
					busy := failure.New(failure.Unreachable, "busy")
					busy.RetryAfter = 5 * time.Second
					return nil, nil, busy
				case 2:
					close(ended)
				}
				return &latch.Status{}, nil, nil
			}}
		require.NoError(t, follow(t.Context(), c.out, time.Second, run))
		require.Equal(t, []time.Duration{0, 5 * time.Second}, asked[:2])
	})
}
