package deliveries

import (
	"context"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/latch-run/latch/internal/runs"
)

// partTimeout bounds how long runs are asked for one page.
const partTimeout = 15 * time.Second

// A Log finds and redelivers the deliveries of a namespace. It is stateless and safe for concurrent
// use.
type Log struct{ runs *runs.Runs }

// Options configure a [Log].
type Options = runs.Options

// New returns a log that uses a client owned by the caller.
func New(options Options) *Log { return &Log{runs: runs.New(options)} }

// query queries a run; a worker must be running to answer.
func (l *Log) query(ctx context.Context, run execution, name string, answer any, args ...any) error {
	return l.runs.Query(ctx, run.GetWorkflowId(), run.GetRunId(), name, answer, args...)
}

// An execution names a run, or a workflow's newest run if the run id is empty.
type execution interface {
	GetWorkflowId() string
	GetRunId() string
}

func runOf(info *workflowpb.WorkflowExecutionInfo) execution { return info.GetExecution() }

// hasNoRecords reports whether a query failed because the run is gone or has no records.
func hasNoRecords(err error) bool { return runs.IsNotFound(err) || runs.IsForeign(err) }
