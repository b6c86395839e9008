package runs_test

import (
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/runs"
	"github.com/latch-run/latch/internal/runs/runstest"
)

var noon = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

// A fake is a Temporal of one test.
type fake struct {
	*testing.T
	runstest.Temporal
}

func newFake(t *testing.T) *fake { return &fake{T: t, Temporal: runstest.Temporal{Now: noon}} }

func (f *fake) over() *runs.Runs {
	return runs.New(runs.Options{Client: &f.Temporal, Namespace: "default"})
}

// running adds a running release, with a worker's answers for it.
func (f *fake) running(id string, status latch.Status) *runstest.Run {
	run := f.Add("release-"+id, latch.WorkflowRelease, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING)
	run.Answer = func(query string) (any, error) {
		if query != latch.QueryStatus {
			return nil, &serviceerror.QueryFailed{Message: "unknown queryType " + query}
		}
		return status, nil
	}
	return run
}

// completed adds a release that completed with the result.
func (f *fake) completed(result latch.ReleaseResult) *runstest.Run {
	run := f.Add("release-"+result.ID, latch.WorkflowRelease, enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED)
	run.Closed = runstest.Completed(runstest.Payloads(result))
	return run
}

// waits writes the locks into the run's memo.
func waits(run *runstest.Run, locks ...latch.OpenLock) *runstest.Run {
	run.WaitsFor(locks...)
	return run
}
