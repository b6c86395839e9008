package deliveries

import (
	"context"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/latch-run/latch/internal/runs"
)

// partTimeout is how long runs are asked for one part.
const partTimeout = 15 * time.Second

// A Log finds a namespace's deliveries and sends them again. It holds no
// state, and is safe for concurrent use.
type Log struct{ runs *runs.Runs }

// Options say whose deliveries are meant, and who sends them again.
type Options = runs.Options

// New makes a log over a client that the caller keeps.
func New(options Options) *Log { return &Log{runs: runs.New(options)} }

// query asks a run, for which a worker answers.
func (l *Log) query(ctx context.Context, run execution, name string, answer any, args ...any) error {
	return l.runs.Query(ctx, run.GetWorkflowId(), run.GetRunId(), name, answer, args...)
}

// An execution names a run; the newest where the run's id is empty.
type execution interface {
	GetWorkflowId() string
	GetRunId() string
}

func runOf(info *workflowpb.WorkflowExecutionInfo) execution { return info.GetExecution() }

// hasNoRecords reports whether a query failed since the run is gone, or knows no history.
func hasNoRecords(err error) bool { return runs.IsNotFound(err) || runs.IsForeign(err) }
