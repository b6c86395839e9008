package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
)

// A Registry registers workflows. Workers, replayers and the SDK's test environment implement
// it.
type Registry interface {
	RegisterWorkflowWithOptions(w any, options workflow.RegisterOptions)
}

// Register registers Latch's workflows under the contract's names.
func Register(registry Registry) {
	for _, w := range []struct {
		name     string
		function any
	}{
		{latch.WorkflowJobRun, JobRun},
		{latch.WorkflowRelease, Release},
		{latch.WorkflowEmit, Emit},
		{latch.WorkflowEmitBatch, EmitBatch},
		{latch.WorkflowGate, GateRun},
		{latch.WorkflowDeliver, Deliver},
		{latch.WorkflowTrigger, Trigger},
		{latch.WorkflowJobNotice, JobNotice},
		{latch.WorkflowStartOnce, StartOnce},
		{latch.WorkflowEndpoint, Endpoint},
		{latch.WorkflowDeliverInOrder, DeliverInOrder},
		{latch.WorkflowWatch, Watch},
		{latch.WorkflowTurns, Turns},
		{latch.WorkflowEnds, Ends},
		{latch.WorkflowEndNotice, EndNotice},
		{latch.WorkflowWatchNotice, WatchNotice},
		{latch.WorkflowEvidence, Evidence},
		{latch.WorkflowAudit, Audit},
	} {
		registry.RegisterWorkflowWithOptions(w.function, workflow.RegisterOptions{
			Name: w.name,
			// A release may wait for months: it continues on the next version of the worker.
			VersioningBehavior: workflow.VersioningBehaviorAutoUpgrade,
		})
	}
}
