package runs_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/converter"

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

// running adds a release that runs, with what a worker answers for it.
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
	run.Closed = runstest.Completed(f.payloads(result))
	return run
}

func (f *fake) payloads(value any) *commonpb.Payloads {
	payloads, err := converter.GetDefaultDataConverter().ToPayloads(value)
	require.NoError(f, err)
	return payloads
}

// waits writes the locks into the run's memo.
func waits(t *testing.T, run *runstest.Run, locks ...latch.OpenLock) *runstest.Run {
	t.Helper()
	payload, err := converter.GetDefaultDataConverter().ToPayload(locks)
	require.NoError(t, err)
	run.Info.Memo = &commonpb.Memo{Fields: map[string]*commonpb.Payload{latch.MemoLocks: payload}}
	return run
}
