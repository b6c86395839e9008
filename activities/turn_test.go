package activities

import (
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
)

// A key is not taken from a release that somebody has paused by Temporal's own means: two of its
// releases would run at the same time once it goes on.
func TestAPausedReleaseKeepsItsTurn(t *testing.T) {
	t.Parallel()
	for status := range enumspb.WorkflowExecutionStatus_name {
		how := enumspb.WorkflowExecutionStatus(status)
		info := &workflowpb.WorkflowExecutionInfo{Status: how, FirstRunId: "first"}
		held := how == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING || how == enumspb.WORKFLOW_EXECUTION_STATUS_PAUSED ||
			how == enumspb.WORKFLOW_EXECUTION_STATUS_UNSPECIFIED
		require.Equal(t, held, goesOn(info, "first"), how)
		require.False(t, goesOn(info, "another"), how)
	}
}
