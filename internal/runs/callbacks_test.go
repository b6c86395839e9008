package runs_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/runs"
)

// A calledBack counts what the server says to callbacks.
type calledBack struct {
	without bool
	answers []error
}

func (c *calledBack) For(workflowID string) []*commonpb.Callback {
	if c.without {
		return nil
	}
	return []*commonpb.Callback{{Variant: &commonpb.Callback_Nexus_{Nexus: &commonpb.Callback_Nexus{Url: "http://latch/" + workflowID}}}}
}

func (c *calledBack) Answered(refused error) { c.answers = append(c.answers, refused) }

// A run is started with callbacks, and without where the server refuses them; what it refuses
// otherwise is no answer to them.
func TestStartWithCallbacks(t *testing.T) {
	t.Parallel()
	refused := serviceerror.NewInvalidArgument("invalid url: url does not match any configured callback address")
	denied := serviceerror.NewPermissionDenied("no callbacks", "")
	for name, test := range map[string]struct {
		callback, start error
		without         bool
		carried         int
		answers         []error
		fails           bool
	}{
		"taken":              {carried: 1, answers: []error{nil}},
		"refused":            {callback: refused, answers: []error{refused}},
		"no permission":      {callback: denied, answers: []error{denied}},
		"wrong in any case":  {start: refused, fails: true},
		"out of reach":       {start: serviceerror.NewInternal("gone"), fails: true},
		"none while refused": {without: true},
	} {
		f := newFake(t)
		f.CallbackError, f.StartError = test.callback, test.start
		back := &calledBack{without: test.without}
		over := runs.New(runs.Options{Client: &f.Temporal, Namespace: "default", Callbacks: back})
		runID, err := over.Start(t.Context(), runs.Start{Workflow: latch.WorkflowJobRun, WorkflowID: "job-a", TaskQueue: "latch"})
		require.Equal(t, test.fails, err != nil, "%s: %v", name, err)
		require.Equal(t, test.answers, back.answers, name)
		if test.fails {
			continue
		}
		require.NotEmpty(t, runID, name)
		require.Len(t, f.Starts, 1, name)
		require.Len(t, f.Starts[0].GetCompletionCallbacks(), test.carried, name)
	}
}
