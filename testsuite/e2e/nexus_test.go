package e2e

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	nexuspb "go.temporal.io/api/nexus/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/docshell"
	"github.com/latch-run/latch/testsuite/process"
	"github.com/latch-run/latch/testsuite/receiver"
)

// callsLatch calls an operation of Latch in another namespace.
func callsLatch(ctx workflow.Context, endpoint, operation string, input json.RawMessage) (json.RawMessage, error) {
	var result json.RawMessage
	c := workflow.NewNexusClient(endpoint, latch.NexusService)
	err := c.ExecuteOperation(ctx, operation, input, workflow.NexusOperationOptions{ScheduleToCloseTimeout: time.Hour}).Get(ctx, &result)
	return result, err
}

// A neighbour calls Latch from its own namespace.
type neighbour struct {
	*lane
	client           client.Client
	endpoint         string
	queue, namespace string
}

// neighbourOf creates a namespace, an endpoint to the bench's task queue, and a worker of the
// caller's.
func neighbourOf(b *bench) *neighbour {
	b.Helper()
	n := &neighbour{lane: b.lane(b.T), endpoint: "latch-" + uuid.NewString(), queue: "callers",
		namespace: "callers-" + uuid.NewString()[:8]}
	_, err := shared.client.WorkflowService().RegisterNamespace(b.ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace: n.namespace, WorkflowExecutionRetentionPeriod: durationpb.New(24 * time.Hour)})
	require.NoError(b, err)
	b.createEndpoint(n.endpoint, "default", b.queue)
	n.client, err = client.Dial(client.Options{HostPort: shared.server.FrontendHostPort, Namespace: n.namespace, Logger: quiet()})
	require.NoError(b, err)
	b.Cleanup(n.client.Close)
	w := worker.New(n.client, n.queue, worker.Options{})
	w.RegisterWorkflowWithOptions(callsLatch, workflow.RegisterOptions{Name: "callsLatch"})
	require.Eventually(b, func() bool { return w.Start() == nil }, patience, tick, "a namespace shows after a moment")
	b.Cleanup(w.Stop)
	return n
}

// createEndpoint creates a Nexus endpoint for as long as the test runs.
func (b *bench) createEndpoint(name, namespace, queue string) {
	b.Helper()
	target := &nexuspb.EndpointTarget_Worker{Namespace: namespace, TaskQueue: queue}
	created, err := shared.client.OperatorService().CreateNexusEndpoint(b.ctx, &operatorservice.CreateNexusEndpointRequest{
		Spec: &nexuspb.EndpointSpec{Name: name, Target: &nexuspb.EndpointTarget{Variant: &nexuspb.EndpointTarget_Worker_{Worker: target}}}})
	require.NoError(b, err)
	b.Cleanup(func() {
		_, err := shared.client.OperatorService().DeleteNexusEndpoint(context.WithoutCancel(b.ctx),
			&operatorservice.DeleteNexusEndpointRequest{Id: created.GetEndpoint().GetId(), Version: created.GetEndpoint().GetVersion()})
		require.NoError(b, err)
	})
}

// documentedEndpoint returns the name and the namespace of the endpoint that docs/gates.md creates.
func documentedEndpoint(t *testing.T) (name, namespace string) {
	t.Helper()
	commands, err := docshell.Commands(rootDir(t), "docs/gates.md")
	require.NoError(t, err)
	for _, command := range commands {
		calls, err := docshell.Calls(command.Text, "temporal")
		require.NoError(t, err)
		if len(calls) != 1 || !slices.Equal(calls[0][:min(4, len(calls[0]))], []string{"operator", "nexus", "endpoint", "create"}) {
			continue
		}
		flags := calls[0][4:]
		require.Len(t, flags, 6, command)
		require.Equal(t, []string{"--name", "--target-namespace", "--target-task-queue", latch.DefaultTaskQueue},
			[]string{flags[0], flags[2], flags[4], flags[5]}, command)
		return flags[1], flags[3]
	}
	require.Fail(t, "docs/gates.md creates no endpoint")
	return "", ""
}

// deploys has the example examples/nexus, a worker of the neighbour's namespace, deploy a version. The
// lock of its gate is removed with the result, and what the workflow returns is returned.
func (n *neighbour) deploys(version, result string) (said string) {
	n.Helper()
	run, err := n.client.ExecuteWorkflow(n.ctx, client.StartWorkflowOptions{TaskQueue: "deploys"}, "Deploy", version)
	require.NoError(n, err)
	lock := awaitLock(n.T, latch.GateKind.WorkflowID("deploy-"+version))
	require.NoError(n, n.call(latch.NexusReleaseLock, `{"lock":"`+lock.Token+`","by":"ann","result":"`+result+`"}`, nil))
	require.NoError(n, run.Get(n.ctx, &said))
	return said
}

// call calls an operation, and decodes its result.
func (n *neighbour) call(operation, input string, into any) error {
	n.Helper()
	run, err := n.client.ExecuteWorkflow(n.ctx, client.StartWorkflowOptions{TaskQueue: n.queue}, "callsLatch",
		n.endpoint, operation, json.RawMessage(n.spec(input)))
	require.NoError(n, err)
	return run.Get(n.ctx, into)
}

// Contract, "Nexus": a workflow of another namespace runs jobs and releases, fires events,
// removes locks, and is answered by a gate. The example deploys only what its gate lets pass.
func TestNexusFromAnotherNamespace(t *testing.T) {
	t.Parallel()
	b := setup(t)
	n := neighbourOf(b)
	n.script("/do", receiver.JSON(200, `{"version":7}`))
	var job latch.JobResult
	require.NoError(t, n.call(latch.NexusRunJob, `{"id":"`+b.queue+`","task":{"http":{"url":"$R/do"}}}`, &job))
	require.Equal(t, latch.JobSucceeded, job.Status)
	var release latch.ReleaseResult
	require.NoError(t, n.call(latch.NexusRunRelease, `{"id":"`+b.queue+`","steps":$STEPS(a)}`, &release))
	require.Equal(t, latch.ReleaseReleased, release.Status)
	var emission latch.EmissionResult
	require.NoError(t, n.call(latch.NexusEmit, `{"event":"DEPLOYED"}`, &emission))
	require.Equal(t, "DEPLOYED", emission.Event)

	gate := b.start(latch.WorkflowGate, "held", `{"event":"DEPLOY","webhooks":[{"id":"a","events":[{"event":"DEPLOY","blocking":true}]}]}`)
	lock := b.awaitLock(gate)
	var released latch.Released
	require.NoError(t, n.call(latch.NexusReleaseLock, `{"lock":"`+lock.Token+`","by":"ann"}`, &released))
	require.Equal(t, "ann", released.Lock.RemovedBy)
	require.Equal(t, latch.Continue, decisionOf(gate.Get(b.ctx, nil)))

	require.ErrorContains(t, n.call(latch.NexusGate, `{"event":"JOB_START","deadlin":"1h"}`, nil), "JOB_START is fired by Latch itself")
	require.ErrorContains(t, n.call(latch.NexusReleaseLock, `{"lock":"nonsense"}`, nil), "not a lock's token")
	require.ErrorContains(t, n.call(latch.NexusReleaseLock, `{"lock":"`+lock.Token+`x"}`, nil), "no run waits for this lock")

	name, namespace := documentedEndpoint(t)
	b.createEndpoint(name, namespace, b.queue)
	example, err := shared.builder.Build(b.ctx, "./examples/nexus")
	require.NoError(t, err)
	process.Start(t, process.Command{Path: example, Env: []string{
		"TEMPORAL_ADDRESS=" + shared.server.FrontendHostPort, "TEMPORAL_NAMESPACE=" + n.namespace}})
	require.Equal(t, "deployed 4.2", n.deploys("4.2", latch.ResultPass))
	require.Contains(t, n.deploys("4.3", latch.ResultFail), "refused: ")
}
