package e2e

import (
	"context"
	"fmt"
	"strings"
	"syscall"
	"time"

	enums "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/latch-run/latch/testsuite/process"
)

const (
	// diagnosisTimeout bounds the examination after a failed test.
	diagnosisTimeout = 20 * time.Second
	// lastEvents is how many events of each history are shown, and lastOutput how many bytes of
	// each process's output.
	lastEvents = 12
	lastOutput = 4 << 10
	// mostGoroutines bounds the stack traces of a process, in bytes.
	mostGoroutines = 64 << 10
)

// diagnose logs, after a test has failed, the state of its runs, the requests to its receiver,
// and the last output and the stack traces of its processes. A failure that happens once in a
// thousand runs must be explained the first time.
func (b *bench) diagnose() {
	if !b.Failed() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), diagnosisTimeout)
	defer cancel()
	for _, request := range b.receiver.Requests("") {
		b.Logf("the receiver got %s %s", request.Method, request.Path)
	}
	found, err := shared.client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Query: fmt.Sprintf("TaskQueue = '%s'", b.queue)})
	b.Logf("%d runs (error: %v)", len(found.GetExecutions()), err)
	for _, run := range found.GetExecutions() {
		b.Logf("%s", describe(ctx, run))
	}
	for _, each := range append([]*process.Process{b.worker}, b.serving...) {
		printed := each.Stderr.String()
		b.Logf("process %d printed last: %s", each.ID(), printed[max(0, len(printed)-lastOutput):])
	}
	b.standing(b.worker)
}

// standing logs, after a test has failed, the stack traces of a process that still runs, and
// ends it.
func (b *bench) standing(p *process.Process) {
	if !b.Failed() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), diagnosisTimeout)
	defer cancel()
	b.Logf("process %d stands at:\n%s", p.ID(), goroutinesOf(ctx, p))
}

// goroutinesOf ends a process with its goroutines, and returns those in Latch's code, or "" for
// a process that had ended.
func goroutinesOf(ctx context.Context, p *process.Process) string {
	before := len(p.Stderr.String())
	if p.Signal(syscall.SIGQUIT) != nil {
		return ""
	}
	_, _ = p.Wait(ctx) // the output so far is all there is
	var ours strings.Builder
	for each := range strings.SplitSeq(p.Stderr.String()[before:], "\n\n") {
		if strings.Contains(each, "latch-run/latch") && ours.Len() < mostGoroutines {
			ours.WriteString(each + "\n\n")
		}
	}
	return ours.String()
}

// describe formats a run's status, pending activities and last events.
func describe(ctx context.Context, run *workflowpb.WorkflowExecutionInfo) string {
	id, runID := run.GetExecution().GetWorkflowId(), run.GetExecution().GetRunId()
	lines := []string{fmt.Sprintf("%s %s: %s, %d events", run.GetType().GetName(), id, run.GetStatus(), run.GetHistoryLength())}
	described, err := shared.client.DescribeWorkflowExecution(ctx, id, runID)
	if err != nil {
		return fmt.Sprintf("%s (not described: %v)", lines[0], err)
	}
	for _, pending := range described.GetPendingActivities() {
		lines = append(lines, "pending: "+protojson.Format(pending))
	}
	var events []*historypb.HistoryEvent
	for history := shared.client.GetWorkflowHistory(ctx, id, runID, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); history.HasNext(); {
		event, err := history.Next()
		if err != nil {
			lines = append(lines, fmt.Sprintf("history not read further: %v", err))
			break
		}
		events = append(events, event)
	}
	for _, event := range events[max(0, len(events)-lastEvents):] {
		lines = append(lines, fmt.Sprintf("%d %s %s", event.GetEventId(),
			event.GetEventTime().AsTime().Format(time.TimeOnly), event.GetEventType()))
	}
	return strings.Join(lines, "\n\t")
}
