package cli

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/output"
)

// TestAnErrorStandsAtItsOwnJob: the error is not repeated at each sequence above it.
func TestAnErrorStandsAtItsOwnJob(t *testing.T) {
	t.Parallel()
	two := latch.JobResult{ID: "two", Status: latch.JobFailed, Error: "answered 500"}
	one := latch.JobResult{ID: "one", Status: latch.JobFailed, Error: "answered 404"} // continue_on_error
	inner := latch.JobResult{ID: "inner", Status: latch.JobFailed, Error: "job two: answered 500", Jobs: []latch.JobResult{one, two}}
	late := latch.JobResult{ID: "late", Status: latch.JobTimedOut, Error: "timed out after 1m", Jobs: []latch.JobResult{one}}
	var out bytes.Buffer
	printJobs(&output.Printer{Out: &out}, "", []latch.JobResult{inner, late})
	require.Equal(t, "job inner: failed\n  job one: failed: answered 404\n  job two: failed: answered 500\n"+
		"job late: timed_out: timed out after 1m\n  job one: failed: answered 404\n", out.String())
}
