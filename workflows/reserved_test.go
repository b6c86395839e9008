package workflows_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// failedStep runs a release of one step and returns the step's error.
func (b *bench) failedStep(vars, task string) string {
	b.Helper()
	require.Error(b, b.run(latch.WorkflowRelease, `{"id":"r","vars":`+vars+`,"steps":[{"name":"a","do":`+task+`}]}`))
	value, err := b.env.QueryWorkflow(latch.QueryStatus)
	require.NoError(b, err)
	var status latch.Status
	require.NoError(b, value.Get(&status))
	require.Equal(b, latch.StepFailed, status.Steps[0].Status)
	return status.Steps[0].Error
}

// Contract, "Names": a task's workflow may not have an id on which Temporal or Latch relies,
// even if a template produces it.
func TestARenderedWorkflowIDIsNotReserved(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"job-22739", "temporal-sys-scheduler:latch-webhooks-latch", "latch-trigger-1", "deliver-dlv_1"} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			vars, err := json.Marshal(map[string]string{"id": id})
			require.NoError(t, err)
			const task = `{"workflow":{"type":"latch.Emit","id":"${vars.id}","input":{"event":"CREATED"}}}`
			require.Contains(t, setup(t).failedStep(string(vars), task), `workflow.id: "`+id+`" is reserved`)
		})
	}
	b := setup(t)
	require.NoError(t, b.run(latch.WorkflowRelease, `{"id":"r","vars":{"id":"child-1"},
		"steps":[{"name":"a",
			"do":{"workflow":{"type":"latch.Emit","id":"${vars.id}","input":{"event":"CREATED"}}}}]}`))
}

// A task can start a registered job only by its id: a definition of its own would run in that
// job's place.
func TestATaskBringsNoDefinitionToATrigger(t *testing.T) {
	t.Parallel()
	const work = `{"id":"22739","task":{"http":{"url":"$R/evil"}}}`
	for name, input := range map[string]string{
		"a job":          `{"id":"22739","job":` + work + `}`,
		"a job's reason": `{"id":"22739","lacks":"nothing"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			require.Contains(t, b.failedStep(`{}`, `{"workflow":{"type":"latch.Trigger","input":`+input+`}}`),
				"job: a workflow gives the id of a registered job alone")
			require.Empty(t, b.received())
		})
	}
	b := setup(t)
	require.Contains(t, b.failedStep(`{}`, `{"workflow":{"type":"latch.Trigger","input":{"id":"22739"}}}`),
		"names no registered job", "which the registry is asked for")
}
