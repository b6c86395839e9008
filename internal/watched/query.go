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

// An ending is one way in which runs end: Latch's status, Temporal's status, and the word for
// it in list filters.
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

// own are the workflow types of Latch's own work. A report about one of them would create
// another run to report, and so on.
var own = []string{latch.WorkflowDeliver, latch.WorkflowDeliverInOrder, latch.WorkflowWatch, latch.WorkflowWatchNotice, latch.WorkflowTrigger,
	latch.WorkflowJobNotice, latch.WorkflowStartOnce, latch.WorkflowTurns, latch.WorkflowEndpoint,
	latch.WorkflowEnds, latch.WorkflowEndNotice, latch.WorkflowAudit, latch.WorkflowEvidence}

// Query returns the list filter for the runs that a watch looks for: the runs of its own query
// that ended in a way to which a webhook listens and that are not Latch's own work. It returns
// "" if no webhook listens to any ending.
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

// Among returns the term of a list filter that finds the runs with these ids.
func Among(runIDs ...string) string { return runs.AnyOf("RunId", runIDs...) }

// Takes reports whether a watch may report the run, which must not be Latch's own work, such as
// an event about a delivery.
func Takes(run *workflowpb.WorkflowExecutionInfo) bool {
	kind := run.GetType().GetName()
	ownWork := slices.Contains(own, kind) || strings.HasPrefix(kind, "latch.") && latch.IsOwnWork(run.GetExecution().GetWorkflowId())
	return !ownWork && statusOf(run) != ""
}

// statusOf returns the status of a run that has ended, or "".
func statusOf(run *workflowpb.WorkflowExecutionInfo) string {
	for _, each := range endings {
		if each.how == run.GetStatus() {
			return each.status
		}
	}
	return ""
}

// Trials returns the queries that a server must accept before a watch is registered: the
// watch's query alone, which must be complete, and the query as a watch uses it.
func Trials(query string, now time.Time) []string {
	whole := Query(query, func(string) bool { return true })
	return []string{query, whole + " AND CloseTime >= " + runs.Instant(latch.NewTime(now).Time)}
}
