package workflows_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// The audit counts what is appended, whatever it says, and goes on as a new run once its history is
// long. Nothing else ends it.
func TestAuditGoesOn(t *testing.T) {
	t.Parallel()
	env := watchEnvironment()
	entries := protocol.AuditEntries{Entries: []latch.AuditEntry{{Action: latch.AuditLogin}, {Action: latch.AuditLogout}}}
	env.RegisterDelayedCallback(func() { env.SignalWorkflow(protocol.SignalAudit, entries) }, time.Minute)
	env.RegisterDelayedCallback(func() { env.SignalWorkflow(protocol.SignalAudit, json.RawMessage(`"by hand"`)) }, 24*time.Hour)
	env.RegisterDelayedCallback(func() {
		require.False(t, env.IsWorkflowCompleted())
		env.SetContinueAsNewSuggested(true)
		env.SignalWorkflow(protocol.SignalAudit, entries)
	}, 48*time.Hour)
	env.ExecuteWorkflow(latch.WorkflowAudit, protocol.Audit{Entries: 100})
	var again *workflow.ContinueAsNewError
	require.ErrorAs(t, env.GetWorkflowError(), &again)
	require.Equal(t, latch.WorkflowAudit, again.WorkflowType.Name)
	var state protocol.Audit
	require.NoError(t, json.Unmarshal(again.Input.GetPayloads()[0].GetData(), &state))
	require.Equal(t, 104, state.Entries)
}

// The audit is not started by hand.
func TestAuditIsNotStartedByHand(t *testing.T) {
	t.Parallel()
	env := watchEnvironment()
	env.ExecuteWorkflow(latch.WorkflowAudit, "please")
	require.ErrorContains(t, env.GetWorkflowError(), "started by an act, not by hand")
}
