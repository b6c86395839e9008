package latchtest_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/hang"
	"github.com/latch-run/latch/latchtest"
	"github.com/latch-run/latch/plugin"
	"github.com/latch-run/latch/workflows"
)

// A request without a script is answered with 200 and no body.
func TestUnscriptedIsAnswered(t *testing.T) {
	t.Parallel()
	hooks, env := setup(t, latchtest.Options{})
	release(t, env, `[{"id": "board", "url": "https://board.example.com", "event": "RELEASE_SUCCESS"}]`)
	board := hooks.RequireDelivered("board", "RELEASE_SUCCESS")
	require.Equal(t, latch.ResultPass, board.Result)
	require.Equal(t, 200, board.Response.Status)
	require.False(t, board.Requests[0].Scripted)
	require.Equal(t, []string{"RELEASE_SUCCESS board"}, hooks.Fired())
}

// With Strict it fails the test, and the failure names the request.
func TestStrictFailsWhatIsNotScripted(t *testing.T) {
	t.Parallel()
	failures := try(func(ft latchtest.T, env *testsuite.TestWorkflowEnvironment) {
		hooks := latchtest.NewWithOptions(ft, env, latchtest.Options{Strict: true})
		hooks.OnURL("https://shop.example.com/deploy").Answer(200, "")
		release(t, env, `[{"id": "board", "url": "https://board.example.com", "event": "RELEASE_SUCCESS"}]`)
	})
	failsWith(t, failures,
		`no script answers POST https://board.example.com, attempt 1 of webhook "board" at RELEASE_SUCCESS`)
}

// Whatever a receiver does, the record is the same as in production.
func TestAnswersAreReadAsInProduction(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		script         func(*latchtest.Script)
		decision, says string
		attempts       int
	}{
		"an object that stops": {
			script:   func(s *latchtest.Script) { s.Answer(200, `{"result": "fail", "stop_release": true}`) },
			decision: latch.Stop, attempts: 1,
		},
		"nothing to say": {
			script:   func(s *latchtest.Script) { s.Answer(204, "") },
			decision: latch.Continue, attempts: 1,
		},
		"no JSON where JSON is announced": {
			script: func(s *latchtest.Script) {
				header := http.Header{"Content-Type": {"application/json"}}
				s.AnswerWith(latchtest.Answer{Header: header, Body: `{"result": `})
			},
			decision: latch.Rollback, attempts: 1, says: "not valid JSON",
		},
		"a word nobody understands": {
			script:   func(s *latchtest.Script) { s.Answer(200, `{"result": "maybe"}`) },
			decision: latch.Rollback, attempts: 1, says: "maybe",
		},
		"a refusal": {
			script:   func(s *latchtest.Script) { s.Answer(400, "no") },
			decision: latch.Rollback, attempts: 1, says: "400 Bad Request",
		},
		"no answer in time, then one": {
			script:   func(s *latchtest.Script) { s.TimeOut().Answer(200, "") },
			decision: latch.Continue, attempts: 2,
		},
		"nobody there, then busy, then an answer": {
			script:   func(s *latchtest.Script) { s.Unreachable().Answer(503, "").Answer(200, "") },
			decision: latch.Continue, attempts: 3,
		},
		"busy for longer than the gate waits": {
			script:   func(s *latchtest.Script) { s.Answer(503, "") },
			decision: latch.Rollback, attempts: 34, says: "503",
		},
		"never an answer": {
			script:   func(s *latchtest.Script) { s.TimeOut() },
			decision: latch.Rollback, attempts: 34, says: "no complete answer within its timeout of 1m0s",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hooks, env := setup(t, latchtest.Options{})
			test.script(hooks.On("gate", "BEFORE_RELEASE"))
			release(t, env, `[{"id": "gate", "url": "https://gate.example.com", "events": [
				{"event": "BEFORE_RELEASE", "on_error": "rollback"}]}]`)
			gate := hooks.RequireFired("gate", "BEFORE_RELEASE")
			require.Equal(t, test.decision, gate.Decision)
			require.Contains(t, gate.Error, test.says)
			require.InDelta(t, test.attempts, len(gate.Requests), float64(test.attempts)/10)
		})
	}
}

// Retry-After counts by the environment's clock, and so does a delivery's deadline,
// whenever the environment's time is.
func TestRetriesGoByTheEnvironmentsClock(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]time.Time{
		"now":           time.Now(),
		"long ago":      time.Date(2019, 5, 1, 0, 0, 0, 0, time.UTC),
		"long from now": time.Date(2055, 5, 1, 0, 0, 0, 0, time.UTC),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hooks, env := setup(t, latchtest.Options{})
			env.SetStartTime(start)
			busy := latchtest.Answer{Status: 429, Header: http.Header{"Retry-After": {"7200"}}}
			hooks.On("slow", "RELEASE_SUCCESS").AnswerWith(busy).Answer(200, "")
			hooks.On("dead", "RELEASE_SUCCESS").Answer(503, "")
			hooks.OnURL("https://shop.example.com/deploy").Answer(200, "")
			release(t, env, `[
				{"id": "slow", "url": "https://slow.example.com", "event": "RELEASE_SUCCESS"},
				{"id": "dead", "url": "https://dead.example.com", "event": "RELEASE_SUCCESS", "retry": {"deadline": "6h"}}]`)
			slow := hooks.RequireDelivered("slow", "RELEASE_SUCCESS").Requests
			require.Len(t, slow, 2)
			require.InDelta(t, 2.1, slow[1].At.Sub(slow[0].At).Hours(), 0.11)
			dead := hooks.RequireFired("dead", "RELEASE_SUCCESS")
			require.False(t, dead.Arrived())
			require.Contains(t, dead.Error, "would come after the deadline")
			require.Equal(t, latch.ResultFail, dead.Result)
			require.InDelta(t, 5.5, dead.CompletedAt.Sub(start).Hours(), 0.6)
		})
	}
}

// No address is called, whoever owns it and however it is reached.
func TestNothingIsDialled(t *testing.T) {
	t.Parallel()
	hooks, env := setup(t, latchtest.Options{Plugin: plugin.Options{EgressProxy: "http://user:hunter2@proxy.example.com:3128"}})
	release(t, env, `[
		{"id": "local", "url": "http://127.0.0.1:1", "event": "RELEASE_SUCCESS"},
		{"id": "cloud", "url": "http://169.254.169.254/", "event": "RELEASE_SUCCESS"},
		{"id": "nowhere", "url": "https://name.invalid", "event": "RELEASE_SUCCESS"}]`)
	for _, webhook := range []string{"local", "cloud", "nowhere"} {
		require.Empty(t, hooks.RequireDelivered(webhook, "RELEASE_SUCCESS").Tries[0].Address)
	}
}

// Times repeats an answer, and the last one is used for all later requests.
func TestAnswersInTurn(t *testing.T) {
	t.Parallel()
	hooks, env := setup(t, latchtest.Options{})
	hooks.On("board", "RELEASE_SUCCESS").Answer(500, "").Times(2).Unreachable()
	hooks.On("board", "RELEASE_SUCCESS").Answer(502, "")
	release(t, env, `[{"id": "board", "url": "https://board.example.com", "event": "RELEASE_SUCCESS",
		"retry": {"maximum_attempts": 6}}]`)
	var statuses []int
	for _, request := range hooks.Requests()[1:] {
		statuses = append(statuses, request.Status)
	}
	require.Equal(t, []int{500, 500, 0, 502, 502, 502}, statuses)
}

// AnswerFunc sees the request and answers it.
func TestAnswerFunc(t *testing.T) {
	t.Parallel()
	hooks, env := setup(t, latchtest.Options{})
	hooks.On("gate", "BEFORE_RELEASE").AnswerFunc(func(request latchtest.Request) latchtest.Answer {
		var sent struct {
			Release struct{ ID string }
		}
		if err := request.Decode(&sent); err != nil {
			return latchtest.Answer{Err: err}
		}
		return latchtest.Answer{Body: `{"seen": "` + sent.Release.ID + `"}`}
	})
	release(t, env, `[{"id": "gate", "url": "https://gate.example.com", "event": "BEFORE_RELEASE"}]`)
	require.JSONEq(t, `"shop"`, string(hooks.RequireDelivered("gate", "BEFORE_RELEASE").Data["seen"]))
}

// A function that does not return fails the test and not the environment; its
// request is one that the network lost.
func TestAnswerFuncThatDoesNotReturn(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer func(latchtest.T) latchtest.Answer
		says   string
	}{
		"panics": {func(latchtest.T) latchtest.Answer { panic("oh no") }, "panicked: oh no"},
		"fails the test": {func(t latchtest.T) latchtest.Answer {
			t.Errorf("latchtest: mine")
			t.FailNow()
			return latchtest.Answer{}
		}, "mine"},
		"answers wrong": {func(latchtest.T) latchtest.Answer { return latchtest.Answer{Status: 42} },
			"between 200 and 599, not 42"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var gate latchtest.Delivery
			failures := try(func(ft latchtest.T, env *testsuite.TestWorkflowEnvironment) {
				hooks := latchtest.New(ft, env)
				answer := func(latchtest.Request) latchtest.Answer { return test.answer(ft) }
				hooks.On("gate", "BEFORE_RELEASE").AnswerFunc(answer).Answer(200, "")
				release(t, env, `[{"id": "gate", "url": "https://gate.example.com", "event": "BEFORE_RELEASE"}]`)
				gate = hooks.RequireDelivered("gate", "BEFORE_RELEASE")
			})
			failsWith(t, failures, test.says)
			require.Len(t, gate.Requests, 2)
			require.Error(t, gate.Requests[0].Err)
		})
	}
}

// Requests that are still in flight at the end of the test do not fail it, which would be a
// panic.
func TestRequestThatOutlivesTheTest(t *testing.T) {
	t.Parallel()
	f, hold, sent := &trial{}, make(chan struct{}), make(chan struct{})
	env := environment()
	hooks := latchtest.New(f, env)
	hooks.On("board", "SHIPPED").AnswerFunc(func(latchtest.Request) latchtest.Answer {
		close(sent)
		<-hold
		return latchtest.Answer{Status: 42}
	})
	env.ExecuteWorkflow(func(ctx workflow.Context) error {
		board := latch.Webhook{ID: "board", URL: "https://board.example.com", Event: "SHIPPED"}
		if _, err := workflows.Fire(ctx, latch.Emission{Event: "SHIPPED", Webhooks: []latch.Webhook{board}}); err != nil {
			return err
		}
		panic("out of boxes")
	})
	<-sent
	f.end()
	close(hold)
	require.Eventually(t, func() bool { return hooks.Requests()[0].Err != nil }, hang.Limit, time.Millisecond)
	require.Empty(t, f.errors)
}

// An http task that fails is tried again by its own retry, and its error is that of
// production.
func TestTasks(t *testing.T) {
	t.Parallel()
	hooks, env := setup(t, latchtest.Options{})
	hooks.OnURL("https://shop.example.com/import?day=1").Answer(503, "").Times(2).Answer(200, `{"rows": 7}`)
	env.ExecuteWorkflow(latch.WorkflowJobRun, json.RawMessage(`{
		"id": "import", "vars": {"day": 1},
		"task": {"http": {"url": "https://shop.example.com/import?day=${vars.day}", "retry": {"maximum_attempts": 5}}},
		"webhooks": [{"id": "ops", "url": "https://ops.example.com", "event": "JOB_SUCCESS"}]
	}`))
	require.NoError(t, env.GetWorkflowError())
	requests := hooks.Requests()
	require.Len(t, requests, 4)
	require.Equal(t, []int{1, 2, 3}, []int{requests[0].Attempt, requests[1].Attempt, requests[2].Attempt})
	require.Empty(t, requests[0].Webhook)
}

// A URL with a credential is scripted as it is, and kept without it. The script of
// one URL comes before that of any.
func TestScriptsOfURLs(t *testing.T) {
	t.Parallel()
	hooks, env := setup(t, latchtest.Options{Plugin: plugin.Options{
		Secrets: map[string]string{"deploy": "https://shop.example.com/deploy/s3cr3t-path"}}})
	hooks.OnURL(latchtest.Any).Answer(200, `{"by": "any"}`)
	hooks.OnURL("https://shop.example.com/build?token=hush-hush").Answer(200, `{"by": "one"}`)
	hooks.OnURL("https://shop.example.com/deploy/s3cr3t-path").Answer(200, `{"by": "secret"}`)
	env.ExecuteWorkflow(latch.WorkflowRelease, json.RawMessage(`{
		"id": "shop",
		"steps": [
			{"name": "build", "do": {"http": {"url": "https://shop.example.com/build?token=hush-hush"}}},
			{"name": "deploy", "do": {"http": {"url_secret": "deploy"}}},
			{"name": "tell", "do": {"http": {"url": "https://shop.example.com/tell"}}}
		]
	}`))
	var result latch.ReleaseResult
	require.NoError(t, env.GetWorkflowResult(&result))
	var by []string
	for _, step := range result.Steps {
		by = append(by, string(step.KVP["by"]))
	}
	require.Equal(t, []string{`"one"`, `"secret"`, `"any"`}, by)
	for _, request := range hooks.Requests() {
		require.NotContains(t, request.URL, "hush-hush")
		require.NotContains(t, request.URL, "s3cr3t")
	}
}

// A network error that the test itself returns appears in the record.
func TestErrorOfTheNetwork(t *testing.T) {
	t.Parallel()
	hooks, env := setup(t, latchtest.Options{})
	hooks.On("gate", "BEFORE_RELEASE").AnswerWith(latchtest.Answer{Err: errors.New("the cable is cut")})
	result := release(t, env, `[{"id": "gate", "url": "https://gate.example.com", "retry": {"maximum_attempts": 1},
		"events": [{"event": "BEFORE_RELEASE", "on_error": "stop"}]}]`)
	require.Equal(t, latch.ReleaseStopped, result.Status)
	require.Contains(t, hooks.RequireFired("gate", "BEFORE_RELEASE").Error, "the cable is cut")
}
