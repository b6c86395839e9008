package latchtest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"time"

	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/latchtest"
	"github.com/latch-run/latch/plugin"
	"github.com/latch-run/latch/workflows"
)

// Ship is a user's own workflow. A stock check may stop an order, somebody approves it, and a
// board is notified.
func Ship(ctx workflow.Context, order string) (string, error) {
	data := latch.Object{"order": json.RawMessage(fmt.Sprintf("%q", order))}
	gate, err := workflows.Gate(ctx, latch.Emission{Event: "SHIPPING", Data: data, Webhooks: []latch.Webhook{
		{ID: "stock", URL: "https://stock.example.com/check", Events: []latch.Event{
			{Event: "SHIPPING", OnError: latch.Stop}}},
		{ID: "approval", Events: []latch.Event{
			{Event: "SHIPPING", Blocking: true, LockTimeout: latch.Duration(72 * time.Hour)}}},
	}})
	switch {
	case err != nil:
		return "", err
	case gate.Decision != latch.Continue:
		return order + " is held: " + gate.Reason, nil
	}
	_, err = workflows.Fire(ctx, latch.Emission{Event: "SHIPPED", Data: data, Webhooks: []latch.Webhook{
		{ID: "board", URL: "https://board.example.com/shipped", Event: "SHIPPED",
			Body: json.RawMessage(`{"text": "${data.order} is shipped"}`)},
	}})
	return order + " is shipped", err
}

// In a test of your own t is its *testing.T, and the environment is
// suite.NewTestWorkflowEnvironment().
func Example() {
	t, env := begin()
	defer t.end()
	hooks := latchtest.New(t, env)
	hooks.On("stock", "SHIPPING").Answer(200, `{"in_stock": 3}`)
	hooks.On("approval", "SHIPPING").Release(latch.LockRelease{By: "ada"})

	env.ExecuteWorkflow(Ship, "order 17")

	var result string
	fmt.Println(env.GetWorkflowResult(&result), result)
	fmt.Println(hooks.Fired())
	fmt.Println(hooks.RequireDelivered("board", "SHIPPED").Body())
	// Output:
	// <nil> order 17 is shipped
	// [SHIPPING stock SHIPPING approval SHIPPED board]
	// {"text":"order 17 is shipped"}
}

// An answer stops a gate, which then does not wait for anybody.
func ExampleScript_Answer() {
	t, env := begin()
	defer t.end()
	hooks := latchtest.New(t, env)
	hooks.On("stock", "SHIPPING").Answer(200, `{"result": "fail", "stop_release": true}`)

	env.ExecuteWorkflow(Ship, "order 17")

	fmt.Println(hooks.RequireDelivered("stock", "SHIPPING").Decision)
	hooks.RequireNotFired("board", "SHIPPED")
	// Output: stop
}

// A person removes a lock, here after two days and with the word that the hook
// failed. Without the script the lock would time out after three days.
func ExampleScript_ReleaseAfter() {
	t, env := begin()
	defer t.end()
	hooks := latchtest.New(t, env)
	hooks.On("approval", "SHIPPING").ReleaseAfter(48*time.Hour, latch.LockRelease{Result: latch.ResultFail, By: "ada"})

	env.ExecuteWorkflow(Ship, "order 17")

	approval := hooks.RequireFired("approval", "SHIPPING")
	fmt.Println(approval.Result, approval.Lock.RemovedBy, approval.Lock.RemovedAt.Sub(approval.StartedAt.Time))
	// Output: fail ada 48h0m0s
}

// The first attempt fails, and the second one, some seconds later, arrives. The
// environment skips the time in between.
func ExampleScript_Unreachable() {
	t, env := begin()
	defer t.end()
	hooks := latchtest.New(t, env)
	hooks.On("approval", latchtest.Any).Release(latch.LockRelease{})
	hooks.On("board", "SHIPPED").Unreachable().Answer(503, "").Answer(200, "")

	env.ExecuteWorkflow(Ship, "order 17")

	for _, request := range hooks.RequireDelivered("board", "SHIPPED").Requests {
		fmt.Println(request.Attempt, request.Status, request.Err)
	}
	// Output:
	// 1 0 connect: connection refused
	// 2 503 <nil>
	// 3 200 <nil>
}

// The request is available with its headers and its body.
func ExampleDelivery_Decode() {
	t, env := begin()
	defer t.end()
	hooks := latchtest.New(t, env)
	hooks.On("approval", latchtest.Any).Release(latch.LockRelease{})

	env.ExecuteWorkflow(Ship, "order 17")

	stock := hooks.RequireDelivered("stock", "SHIPPING")
	var sent struct {
		Event string
		Data  struct{ Order string }
	}
	fmt.Println(stock.Decode(&sent), sent.Event, sent.Data.Order)
	fmt.Println(stock.Requests[0].Method, stock.Requests[0].URL, stock.Requests[0].Header.Get("Content-Type"))
	// Output:
	// <nil> SHIPPING order 17
	// POST https://stock.example.com/check application/json
}

// Your own job or release is run by the workflow's name, with the content of its file. The
// requests of its steps are answered by their URL.
func ExampleHooks_OnURL() {
	t, env := begin()
	defer t.end()
	hooks := latchtest.New(t, env)
	hooks.OnURL("https://shop.example.com/deploy").Answer(500, "")

	env.ExecuteWorkflow(latch.WorkflowRelease, json.RawMessage(`{
		"id": "shop",
		"steps": [
			{"name": "schema", "do": {"http": {"url": "https://shop.example.com/migrate"}},
			                   "undo": {"http": {"url": "https://shop.example.com/revert"}}},
			{"name": "code", "do": {"http": {"url": "https://shop.example.com/deploy"}}}
		],
		"webhooks": [{"id": "board", "url": "https://board.example.com", "event": "RELEASE_FAILURE"}]
	}`))

	for _, request := range hooks.Requests() {
		fmt.Println(request.URL, request.Status)
	}
	// Output:
	// https://shop.example.com/migrate 200
	// https://shop.example.com/deploy 500
	// https://shop.example.com/revert 200
	// https://board.example.com 200
}

// The file of a release is run as it is. Here monitoring stops it after its
// second step.
func ExampleHooks_Spec() {
	t, env := begin()
	defer t.end()
	hooks := latchtest.NewWithOptions(t, env, latchtest.Options{
		Plugin: plugin.Options{Secrets: map[string]string{"change-board": "mdoq-is-awesome"}},
	})
	hooks.On("change-board", "BEFORE_RELEASE").Release(latch.LockRelease{By: "ada"})
	hooks.On("monitoring", "AFTER_STEP").Answer(200, `{"error_rate": 0.01}`).Answer(200, `{"error_rate": 0.2}`)

	env.ExecuteWorkflow(hooks.Spec("../examples/release.yaml"))

	var result latch.ReleaseResult
	fmt.Println(env.GetWorkflowResult(&result), result.Status, result.DecidedBy.Webhook)
	for _, fired := range hooks.Fired() {
		fmt.Println(fired)
	}
	// Output:
	// <nil> stopped monitoring
	// BEFORE_RELEASE change-board
	// AFTER_STEP[migrate] monitoring
	// AFTER_STEP[deploy] monitoring
	// RELEASE_COMPLETE change-board
}

// begin returns a test environment, and a replacement for *testing.T in these examples.
func begin() (*printer, *testsuite.TestWorkflowEnvironment) {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.NewTextHandler(io.Discard, nil))))
	return &printer{}, suite.NewTestWorkflowEnvironment()
}

// A printer prints failures, so that the example fails.
type printer struct{ ends []func() }

func (*printer) Helper()                           {}
func (*printer) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }
func (*printer) FailNow()                          { panic("the test has failed") }
func (p *printer) Cleanup(end func())              { p.ends = append(p.ends, end) }

func (p *printer) end() {
	for _, end := range p.ends {
		end()
	}
}
