package watched

import (
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/runs"
)

// An ending is one way in which runs end: the status of Latch's, Temporal's, and
// the word for that in list filters.
type ending struct {
	status string
	how    enumspb.WorkflowExecutionStatus
	listed string
}

var endings = []ending{
	{"completed", enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, "Completed"},
	{"failed", enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, "Failed"},
	{"timed_out", enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT, "TimedOut"},
	{"canceled", enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED, "Canceled"},
	{"terminated", enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, "Terminated"},
	{"continued", enumspb.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW, "ContinuedAsNew"},
}

// own are the workflow types with which Latch does its own work. What a watch tells
// of would otherwise lead to another run that it tells of, and so on.
var own = []string{latch.WorkflowDeliver, latch.WorkflowDeliverInOrder, latch.WorkflowWatch, latch.WorkflowWatchNotice, latch.WorkflowTrigger,
	latch.WorkflowJobNotice, latch.WorkflowStartOnce, latch.WorkflowEndpoint}

// Query returns the list filter of the runs that a watch looks for: of those that
// its own query finds, the ones that ended in a way to which somebody listens and
// that are not Latch's own work. It is "" if nobody listens to any ending.
func Query(query string, listens func(event string) bool) string {
	var listed []string
	for _, each := range endings {
		if listens((&latch.Close{Status: each.status}).Event()) {
			listed = append(listed, each.listed)
		}
	}
	if len(listed) == 0 {
		return ""
	}
	types := make([]string, len(own))
	for i, each := range own {
		types[i] = runs.Quote(each)
	}
	return "(" + query + ") AND " + runs.AnyOf("ExecutionStatus", listed...) + " AND WorkflowType NOT IN (" + strings.Join(types, ", ") + ")"
}

// Takes reports whether a watch may tell of the run: it is none by which Latch does
// its own work, such as an event about a delivery.
func Takes(run *workflowpb.WorkflowExecutionInfo) bool {
	kind := run.GetType().GetName()
	ownWork := slices.Contains(own, kind) || strings.HasPrefix(kind, "latch.") && latch.IsOwnWork(run.GetExecution().GetWorkflowId())
	return !ownWork && statusOf(run) != ""
}

// statusOf returns the status of a run that has ended; "" for any other.
func statusOf(run *workflowpb.WorkflowExecutionInfo) string {
	for _, each := range endings {
		if each.how == run.GetStatus() {
			return each.status
		}
	}
	return ""
}

// Trials returns what a server is asked before it takes a watch of the query: the
// query by itself, which must be whole, and as a watch uses it.
func Trials(query string, now time.Time) []string {
	whole := Query(query, func(string) bool { return true })
	return []string{query, whole + " AND CloseTime >= " + runs.Instant(latch.NewTime(now).Time)}
}
