package workflows_test

import (
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// The workflow for a key starts its run without waiting for it, and starts none of a user's own
// workflows. An end-to-end test covers its failure while another run is open: the test
// environment has no such answer.
func TestStartOnce(t *testing.T) {
	t.Parallel()
	const emission = `{"workflow":"latch.Emit","workflow_id":"emit-1","arguments":[{"event":"SAID"}]}`
	for _, test := range []struct{ name, input, failure string }{
		{"started", emission, ""},
		{"a workflow of a user's own", `{"workflow":"Checkout","workflow_id":"checkout-1"}`, latch.ErrorInvalidSpec},
		{"no object", `"latch.Emit"`, latch.ErrorInvalidSpec},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.env.OnWorkflow(latch.WorkflowEmit, mock.Anything, mock.Anything, mock.Anything).Return(&latch.EmissionResult{}, nil).Maybe()
			err := b.run(latch.WorkflowStartOnce, test.input)
			if test.failure == "" {
				require.NoError(t, err)
				var started protocol.StartedOnce
				b.result(&started)
				require.NotEmpty(t, started.RunID)
				return
			}
			var application *temporal.ApplicationError
			require.ErrorAs(t, err, &application)
			require.Equal(t, test.failure, application.Type())
		})
	}
}
