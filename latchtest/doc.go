// Package latchtest tests workflows that use Latch in the SDK's test
// environment: those that call workflows.Gate or workflows.Fire, those that
// start latch.Release or another of Latch's workflows as a child, and the files of
// your jobs and releases.
//
//  1. Make the environment, and give it to [New]:
//
//     env := suite.NewTestWorkflowEnvironment()
//     hooks := latchtest.New(t, env)
//
//  2. Say what the receivers answer, and what people do, before the workflow
//     runs. What is not scripted is answered with 200 and no body:
//
//     hooks.On("scanner", "BEFORE_SHIPPING").Answer(503, "").Answer(200, `{"result": "fail"}`)
//     hooks.On("approval", "BEFORE_SHIPPING").Release(latch.LockRelease{By: "ada"})
//
//  3. Run the workflow, or the file of your job or release:
//
//     env.ExecuteWorkflow(Ship, "order 17")
//     env.ExecuteWorkflow(hooks.Spec("release.yaml"))
//
//  4. Look at what was fired, sent and decided:
//
//     require.Equal(t, []string{"BEFORE_SHIPPING scanner", "BEFORE_SHIPPING approval"}, hooks.Fired())
//     sent := hooks.RequireDelivered("scanner", "BEFORE_SHIPPING")
//     require.JSONEq(t, `{"order": "17"}`, sent.Body())
//
// All but the network is real: the activities render, sign, mask, read answers
// and decide as a worker does. Nothing is looked up or dialled, and no address is
// checked, so that URLs such as https://hooks.example.com do.
//
// The environment skips time, and Latch goes by the environment's clock: retries
// with their backoff, deadlines and locks that time out take no time. A lock that
// no script removes times out, or, without a lock_timeout, waits until the
// environment ends the run.
//
// When the test ends, a script that was not used, in whole or in part, fails it:
// the test does not test what it says. [Script.Maybe] allows that.
//
// How the rules of a webhook decide about records is tested without a workflow by
// the command starter rules test. See docs/testing.md for both.
package latchtest
