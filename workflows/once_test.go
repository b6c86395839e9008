package workflows_test

import (
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// Package once: what stands for a key starts its run and leaves it to itself, and
// starts none of a user's own workflows. That it fails where another run is under
// way is tested end to end: the test environment has no such answer.
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
