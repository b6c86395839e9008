package latchtest_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/latchtest"
)

// A script that was not used fails the test at its end, and the failure has the script's
// location.
func TestUnusedScripts(t *testing.T) {
	t.Parallel()
	const board = `[{"id": "board", "url": "https://board.example.com", "event": "RELEASE_SUCCESS"}]`
	const gate = `[{"id": "gate", "events": [
		{"event": "BEFORE_RELEASE", "blocking": true, "lock_timeout": "1h", "on_timeout": "continue"}]}]`
	const holds = `[
		{"id": "gate", "events": [
			{"event": "BEFORE_RELEASE", "blocking": true, "lock_timeout": "1h", "on_timeout": "continue"}]},
		{"id": "hold", "events": [
			{"event": "AFTER_STEP", "blocking": true, "lock_timeout": "9h", "on_timeout": "continue"}]}]`
	for name, test := range map[string]struct {
		webhooks string
		script   func(*latchtest.Hooks)
		says     string
	}{
		"of another webhook": {board, func(h *latchtest.Hooks) { h.On("bored", "RELEASE_SUCCESS").Answer(200, "") },
			`On("bored", "RELEASE_SUCCESS"), scripted at script_test.go:`},
		"of another event": {board, func(h *latchtest.Hooks) { h.On("board", "RELEASE_FAILURE").Answer(200, "") },
			`1 of 1 answers were not used. The requests were:
  POST https://shop.example.com/deploy
  POST https://board.example.com, attempt 1`},
		"in part": {board,
			func(h *latchtest.Hooks) { h.On("board", latchtest.Any).Answer(503, "").Answer(200, "").Answer(500, "") },
			`On("board", "*"), scripted at`},
		"of another URL": {board, func(h *latchtest.Hooks) { h.OnURL("https://shop.example.com/").Answer(200, "") },
			`OnURL("https://shop.example.com/"), scripted at`},
		"of another run": {board, func(h *latchtest.Hooks) { h.On("board", latchtest.Any).In("child").Answer(200, "") },
			`On("board", "*").In("child"), scripted at`},
		"of a lock that is not made": {gate,
			func(h *latchtest.Hooks) { h.On("gate", "BEFORE_STEP").Release(latch.LockRelease{}) },
			"1 of 1 locks were not removed. The locks were:\n  BEFORE_RELEASE of \"gate\""},
		"of a lock that times out before, as the last thing": {gate,
			func(h *latchtest.Hooks) { h.On("gate", latchtest.Any).ReleaseAfter(2*time.Hour, latch.LockRelease{}) },
			"1 of 1 locks were not removed, since the run had ended before its time came. The locks were:"},
		"of a lock that times out before": {holds,
			func(h *latchtest.Hooks) { h.On("gate", latchtest.Any).ReleaseAfter(2*time.Hour, latch.LockRelease{}) },
			"1 of 1 locks were not removed, since the lock was no longer open when its time came. The locks were:"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			failures := try(func(ft latchtest.T, env *testsuite.TestWorkflowEnvironment) {
				test.script(latchtest.New(ft, env))
				release(t, env, test.webhooks)
			})
			failsWith(t, failures, test.says)
		})
	}
}

// Maybe lets a script be unused.
func TestMaybe(t *testing.T) {
	t.Parallel()
	hooks, env := setup(t, latchtest.Options{})
	hooks.On("board", latchtest.Any).Answer(200, "").Answer(500, "").Maybe()
	hooks.On("gate", latchtest.Any).Maybe().Release(latch.LockRelease{})
	release(t, env, `[{"id": "board", "url": "https://board.example.com", "event": "RELEASE_SUCCESS"}]`)
	hooks.RequireDelivered("board", "RELEASE_SUCCESS")
}

// An invalid script ends the test at once, and the failure says what would be right.
func TestScriptsThatCannotBe(t *testing.T) {
	t.Parallel()
	type hooks = *latchtest.Hooks
	const any = latchtest.Any
	for name, test := range map[string]struct {
		script func(hooks)
		says   string
	}{
		"an event that there is not": {func(h hooks) { h.On("gate", "BEFORE_RELESE") }, `did you mean "BEFORE_RELEASE"`},
		"no webhook":                 {func(h hooks) { h.On("", "BEFORE_RELEASE") }, "a webhook's id is required"},
		"no URL":                     {func(h hooks) { h.OnURL("/deploy") }, "a URL begins with"},
		"a status that is none":      {func(h hooks) { h.On("gate", any).Answer(99, "") }, "between 200 and 599, not 99"},
		"no function":                {func(h hooks) { h.On("gate", any).AnswerFunc(nil) }, "takes a function"},
		"never":                      {func(h hooks) { h.On("gate", any).Answer(200, "").Times(0) }, "Times(0)"},
		"nothing to repeat":          {func(h hooks) { h.On("gate", any).Times(2) }, "comes after an answer"},
		"before its time": {func(h hooks) { h.On("gate", any).ReleaseAfter(-1, latch.LockRelease{}) },
			"before it is made"},
		"a lock of one's own": {func(h hooks) { h.On("gate", any).Release(latch.LockRelease{Lock: "x"}) },
			"fills in Lock"},
		"a result that is none": {func(h hooks) { h.On("gate", any).Release(latch.LockRelease{Result: "no"}) },
			`result: "no"`},
		"a lock of a URL": {func(h hooks) { h.OnURL("https://a.example.com").Release(latch.LockRelease{}) },
			"has no lock"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			failures := try(func(ft latchtest.T, env *testsuite.TestWorkflowEnvironment) {
				test.script(latchtest.New(ft, env))
				t.Error("the test went on")
			})
			require.NotEmpty(t, failures)
			require.Contains(t, failures[0], test.says)
		})
	}
}

// The more specific script answers a request, whichever came first.
func TestTheScriptThatSaysMoreAnswers(t *testing.T) {
	t.Parallel()
	hooks, env := setup(t, latchtest.Options{})
	hooks.On(latchtest.Any, latchtest.Any).Answer(200, `{"by": "any"}`)
	hooks.On("board", latchtest.Any).Answer(200, `{"by": "webhook"}`)
	hooks.On("board", "AFTER_STEP").Answer(200, `{"by": "event"}`)
	hooks.On("board", "AFTER_STEP").Step("b").Answer(200, `{"by": "step"}`)
	env.ExecuteWorkflow(latch.WorkflowRelease, json.RawMessage(`{
		"id": "shop",
		"steps": [{"name": "a", "do": {"http": {"url": "https://shop.example.com/a"}}},
			{"name": "b", "do": {"http": {"url": "https://shop.example.com/b"}}}],
		"webhooks": [
			{"id": "board", "url": "https://board.example.com", "events": [
				{"event": "AFTER_STEP"}, {"event": "RELEASE_SUCCESS"}]},
			{"id": "ops", "url": "https://ops.example.com", "event": "RELEASE_COMPLETE"}]
	}`))
	require.NoError(t, env.GetWorkflowError())
	by := map[string]string{}
	for i, each := range hooks.Deliveries() {
		by[hooks.Fired()[i]] = string(each.Data["by"])
	}
	require.Equal(t, map[string]string{
		"AFTER_STEP[a] board":   `"event"`,
		"AFTER_STEP[b] board":   `"step"`,
		"RELEASE_SUCCESS board": `"webhook"`,
		"RELEASE_COMPLETE ops":  `"any"`,
	}, by)
}

// Two runs of one environment have a webhook of one id each.
func TestOneWebhookInTwoRuns(t *testing.T) {
	t.Parallel()
	hooks, env := setup(t, latchtest.Options{})
	hooks.On("gate", "JOB_START").In("one").Answer(200, `{"result": "pass"}`)
	hooks.On("gate", "JOB_START").In("two").Answer(200, `{"result": "fail"}`)
	hooks.On("hold", "JOB_START").In("two").Maybe().Release(latch.LockRelease{By: "nobody"})
	hooks.On("hold", "JOB_START").In("one").Release(latch.LockRelease{By: "ada"})
	env.ExecuteWorkflow(func(ctx workflow.Context) error {
		for _, id := range []string{"one", "two"} {
			child := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{WorkflowID: id})
			err := workflow.ExecuteChildWorkflow(child, latch.WorkflowJobRun, json.RawMessage(`{
				"id": "`+id+`",
				"task": {"http": {"url": "https://shop.example.com/`+id+`"}},
				"webhooks": [
					{"id": "gate", "url": "https://gate.example.com", "event": "JOB_START"},
					{"id": "hold", "events": [
						{"event": "JOB_START", "blocking": true, "lock_timeout": "1h", "on_timeout": "continue"}]}]
			}`)).Get(ctx, nil)
			if err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(t, env.GetWorkflowError())
	results, removed := map[string]string{}, map[string]string{}
	for _, each := range hooks.Deliveries() {
		if each.Webhook == "gate" {
			results[each.WorkflowID] = each.Result
			require.Equal(t, each.WorkflowID, each.Requests[0].WorkflowID)
			continue
		}
		removed[each.WorkflowID] = each.Lock.RemovedBy
	}
	require.Equal(t, map[string]string{"one": "pass", "two": "fail"}, results)
	require.Equal(t, map[string]string{"one": "ada", "two": "nobody"}, removed)
}
