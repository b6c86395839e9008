package console_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/runs/runstest"
)

// A release whose run cannot be read fully stays in the list, marked as partial with
// why.
func TestPartialReleases(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.goes(t, "1", "The shop")
	w.Runs[0].Err = serviceerror.NewDeadlineExceeded("no poller")
	unreadable := w.Add("release-2", latch.WorkflowRelease, enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED)
	unreadable.Closed = runstest.Completed(runstest.Payloads("no result"))
	w.goes(t, "3", "The whole shop")
	got := loggedIn(t, serve(t, w, keys), readKey).get("/console/releases")
	require.Equal(t, 200, got.status, got.body)
	require.Contains(t, got.body, "partial: no worker reported its progress in time")
	require.Contains(t, got.body, "partial: its result cannot be read here")
	require.Contains(t, got.body, "The whole shop")
}
