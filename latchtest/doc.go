// Package latchtest tests workflows that use Latch in the SDK's test environment: workflows that
// call workflows.Gate or workflows.Fire, or start latch.Release or another of Latch's workflows as
// a child, and the files of your jobs and releases.
//
//	func TestShipHoldsWhatIsOutOfStock(t *testing.T) {
//		var suite testsuite.WorkflowTestSuite
//		env := suite.NewTestWorkflowEnvironment()
//		hooks := latchtest.New(t, env)
//		hooks.On("stock", "SHIPPING").Answer(503, "").Answer(200, `{"result": "fail", "stop_release": true}`)
//
//		env.ExecuteWorkflow(Ship, "order 17")
//
//		require.NoError(t, env.GetWorkflowError())
//		require.Equal(t, latch.Stop, hooks.RequireDelivered("stock", "SHIPPING").Decision)
//		hooks.RequireNotFired("board", "SHIPPED")
//	}
//
// In steps:
//
//  1. Give the environment to [New], or with secrets, registered webhooks and
//     worker options of your own to [NewWithOptions].
//  2. Say what the receivers answer ([Hooks.On] with [Script.Answer] and the
//     like), what people do to locks ([Script.Release]), and what the http tasks
//     of a job or a release come to ([Hooks.OnURL]). What is not scripted is
//     answered with 200 and no body.
//  3. Run the workflow, or the file of a job or a release: its workflow and input
//     are what [Hooks.Spec] returns.
//  4. Look at what was fired ([Hooks.Fired]), sent ([Hooks.Requests]) and decided
//     ([Hooks.Deliveries], [Hooks.RequireDelivered]).
//
// Everything except the network is real: the activities render, sign, mask, read responses and
// decide as in a worker. No name is resolved, nothing is dialled, and no address is checked, so
// that you can use URLs such as https://hooks.example.com.
//
// The environment skips time, and Latch uses the environment's clock: retries with backoff,
// deadlines and lock timeouts take no real time. A lock that no script removes times out or,
// without a lock_timeout, waits until the environment's run timeout ends the run.
//
// When the test ends, each script that was not used, or not used up, fails it, because the test
// does not test what it says. [Script.Maybe] allows that.
//
// To test how the rules of a webhook decide, without a workflow, use the command starter rules
// test. See docs/testing.md for both.
package latchtest
