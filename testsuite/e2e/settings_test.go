package e2e

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch"
)

// Settings: LATCH_SEARCH_ATTRIBUTES makes it possible to find runs by id, by status and by
// whether they wait.
func TestSearchAttributesAreUpserted(t *testing.T) {
	t.Parallel()
	b := setup(t, "LATCH_SEARCH_ATTRIBUTES", "true")
	run := b.start(latch.WorkflowRelease, "found", `{"id":"found",
		"steps":[{"name":"a","do":{"workflow":{"type":"latch.Emit","input":{"event":"DONE"}}}}],
		"webhooks":[{"id":"board","events":[{"event":"BEFORE_RELEASE","blocking":true}]}]}`)
	lock := awaitLock(t, run.GetID())
	found := func(query string) func() bool {
		return func() bool {
			listed, err := shared.client.ListWorkflow(b.ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: query})
			return err == nil && len(listed.GetExecutions()) == 1 && listed.GetExecutions()[0].GetExecution().GetRunId() == run.GetRunID()
		}
	}
	require.Eventually(t, found(`LatchID = "found" AND LatchStatus = "running" AND LatchWaiting = true`), patience, tick)
	require.NoError(t, shared.client.SignalWorkflow(b.ctx, run.GetID(), "", latch.MessageReleaseLock, latch.LockRelease{Lock: lock.Token}))
	require.NoError(t, run.Get(b.ctx, nil))
	require.Eventually(t, found(`LatchID = "found" AND LatchStatus = "released" AND LatchWaiting = false`), patience, tick)
}

// Settings: with LATCH_DEPLOYMENT_NAME and LATCH_BUILD_ID the worker is a version of a
// deployment, and receives tasks once it is the current one.
func TestTheWorkerIsAVersionOfADeployment(t *testing.T) {
	t.Parallel()
	b := setup(t, "LATCH_DEPLOYMENT_NAME", "latch-e2e", "LATCH_BUILD_ID", "one")
	deployment := shared.client.WorkerDeploymentClient().GetHandle("latch-e2e")
	require.Eventually(t, func() bool {
		_, err := deployment.SetCurrentVersion(b.ctx, client.WorkerDeploymentSetCurrentVersionOptions{BuildID: "one"})
		return err == nil
	}, patience, tick)
	run := b.start(latch.WorkflowJobRun, "versioned", fmt.Sprintf(`{"id":"1","task":{"http":{"url":"%s/work"}}}`, b.receiver.URL))
	require.NoError(t, run.Get(b.ctx, nil))
	described, err := shared.client.DescribeWorkflowExecution(b.ctx, run.GetID(), "")
	require.NoError(t, err)
	version := described.GetWorkflowExecutionInfo().GetVersioningInfo()
	require.Equal(t, "one", version.GetDeploymentVersion().GetBuildId())
	require.Equal(t, "AutoUpgrade", version.GetBehavior().String())
}
