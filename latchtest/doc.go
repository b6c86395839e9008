// Package latchtest tests workflows that use Latch in the SDK's test environment:
// those that call workflows.Gate or workflows.Fire, those that start latch.Release
// or another of Latch's workflows as a child, and the files of your jobs and
// releases.
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
// All but the network is real: the activities render, sign, mask, read answers
// and decide as a worker does. Nothing is looked up or dialled, and no address is
// checked, so that URLs such as https://hooks.example.com do.
//
// The environment skips time, and Latch goes by the environment's clock: retries
// with their backoff, deadlines and locks that time out take no time. A lock that
// no script removes times out, or, without a lock_timeout, waits until the
// environment's run timeout ends the run.
//
// When the test ends, a script that was not used, in whole or in part, fails it:
// the test does not test what it says. [Script.Maybe] allows that.
//
// How the rules of a webhook decide about records is tested without a workflow by
// the command starter rules test. See docs/testing.md for both.
package latchtest
