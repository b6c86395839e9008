package workflows_test

import (
	"encoding/json"
	"fmt"
	"time"

	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/plugin"
	"github.com/latch-run/latch/workflows"
)

// A workflow of your own waits until somebody removes the gate's lock, or stops it. Here the
// SDK's test environment runs it.
func ExampleGate() {
	checkout := func(ctx workflow.Context, order string) (string, error) {
		gate, err := workflows.Gate(ctx, latch.Emission{
			Event:    "LARGE_ORDER",
			Webhooks: []latch.Webhook{{ID: "approval", Events: []latch.Event{{Event: "LARGE_ORDER", Blocking: true}}}},
		})
		switch {
		case err != nil:
			return "", err
		case gate.Decision != latch.Continue:
			return order + " is refused: " + gate.Reason, nil
		default:
			return order + " is shipped", nil
		}
	}

	env := newEnvironment()
	env.RegisterDelayedCallback(func() {
		var status latch.Status
		answer, err := env.QueryWorkflow(latch.QueryStatus)
		if err == nil && answer.Get(&status) == nil {
			env.SignalWorkflow(latch.MessageReleaseLock, latch.LockRelease{Lock: status.Locks[0].Token, By: "ada"})
		}
	}, time.Hour)
	env.ExecuteWorkflow(checkout, "order 17")
	var result string
	fmt.Println(env.GetWorkflowResult(&result), result)
	// Output: <nil> order 17 is shipped
}

// A workflow of your own fires an event and continues at once. The records contain the results
// of the deliveries so far.
func ExampleFire() {
	ship := func(ctx workflow.Context, order string) (int, error) {
		quoted, err := json.Marshal(order)
		if err != nil {
			return 0, err
		}
		records, err := workflows.Fire(ctx, latch.Emission{Event: "SHIPPED", Data: latch.Object{"order": quoted},
			Webhooks: []latch.Webhook{{ID: "board", URL: "https://hooks.example.com/board",
				Events: []latch.Event{{Event: "SHIPPED", When: "data.order == 'order 18'"}}}}})
		return len(records), err
	}

	env := newEnvironment()
	env.ExecuteWorkflow(ship, "order 17")
	var records int
	fmt.Println(env.GetWorkflowResult(&records), records)
	// Output: <nil> 1
}

// newEnvironment returns a test environment with Latch's plugin.
func newEnvironment() *testsuite.TestWorkflowEnvironment {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(quiet())
	env := suite.NewTestWorkflowEnvironment()
	env.SetWorkerOptions(worker.Options{Plugins: []worker.Plugin{plugin.New(plugin.Options{})}})
	return env
}
