package main

import (
	"fmt"
	"strings"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch"
)

// steps returns the two steps of every release here. The receiver performs them
// at do-1 and do-2, and undoes them at undo-1 and undo-2.
func (s *scene) steps() []latch.Step {
	var steps []latch.Step
	for i := 1; i <= 2; i++ {
		steps = append(steps, latch.Step{
			Name: fmt.Sprintf("step-%d", i),
			Do:   s.work(fmt.Sprintf("/do-%d", i)),
			Undo: s.work(fmt.Sprintf("/undo-%d", i)),
		})
	}
	return steps
}

// taken returns the steps that the receiver performed and undid, in that order.
func (s *scene) taken() []string {
	taken := []string{}
	for _, request := range s.receiver.Requests("") {
		name := strings.TrimPrefix(request.Path, "/")
		if strings.HasPrefix(name, "do-") || strings.HasPrefix(name, "undo-") {
			taken = append(taken, name)
		}
	}
	return taken
}

// release waits for a release's result, whose status must be the given one.
func (s *scene) release(run client.WorkflowRun, status string) latch.ReleaseResult {
	var result latch.ReleaseResult
	s.finish(run, &result)
	s.came("release %s %s; %s", result.ID, result.Status, strings.Join(stepStatuses(result), ", "))
	require.Equal(s, status, result.Status, "status of release %s (%s)", result.ID, result.Reason)
	return result
}

// releaseCalled is release for a release given by its workflow id.
func (s *scene) releaseCalled(id, status string) latch.ReleaseResult {
	described, err := s.up.Client.DescribeWorkflowExecution(s.ctx, id, "")
	require.NoError(s, err, "release %s", id)
	runID := described.GetWorkflowExecutionInfo().GetExecution().GetRunId()
	s.shows(id, runID)
	return s.release(s.up.Client.GetWorkflow(s.ctx, id, runID), status)
}

func stepStatuses(result latch.ReleaseResult) []string {
	var all []string
	for _, step := range result.Steps {
		all = append(all, step.Name+" "+step.Status)
	}
	return all
}
