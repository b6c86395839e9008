package latch_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// A kind that has runs has one workflow type, and a unique prefix of ids.
func TestKindsOfRuns(t *testing.T) {
	t.Parallel()
	for kind, id := range map[latch.Kind]string{latch.JobKind: "job-7", latch.ReleaseKind: "release-7", latch.EmissionKind: "emit-7",
		latch.BatchKind: "events-7", latch.GateKind: "gate-7"} {
		require.Equal(t, id, kind.WorkflowID("7"))
		require.Equal(t, kind, latch.KindOfWorkflow(kind.Workflow()))
	}
	require.Empty(t, latch.WebhookKind.Workflow())
	require.Empty(t, latch.KindOfWorkflow("my.Workflow"))
	require.Empty(t, latch.KindOfWorkflow(""))
}
