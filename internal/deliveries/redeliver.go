package deliveries

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/runs"
)

// An Origin names the run that fired a delivery. It is empty if the delivery's
// id contains the run.
type Origin struct{ WorkflowID, RunID string }

// A Redelivery is a redelivery that was started.
type Redelivery struct {
	DeliveryID string `json:"delivery_id"`
	WorkflowID string `json:"workflow_id" doc:"The workflow that sends it; its query history has the record"`
	RunID      string `json:"run_id"`
	Redelivery int    `json:"redelivery" doc:"1 for the first"`
	Status     string `json:"status" enum:"running"`
}

// Redeliver sends a delivery again, with the same id and the same rendered
// request. The redelivery has its own deadline and record, and takes part in no
// decision. Only one redelivery of a delivery runs at a time. If the delivery
// cannot be redelivered, the error is a [*RefusedError].
func (l *Log) Redeliver(ctx context.Context, id string, origin Origin) (*Redelivery, error) {
	run, err := l.originOf(ctx, id, origin)
	if err != nil {
		return nil, err
	}
	send, err := l.sendOf(ctx, run, id)
	if report := l.reportOf(ctx, run, err); report != nil {
		run = report
		send, err = l.sendOf(ctx, run, id)
	}
	if err != nil {
		return nil, err
	}
	if err := l.checkUnderWay(ctx, run, id); err != nil {
		return nil, err
	}
	last, err := l.lastRedelivery(ctx, id)
	if err != nil {
		return nil, err
	}
	before, err := l.redeliveries(ctx, last)
	if err != nil {
		return nil, err
	}
	return l.start(ctx, again(*send, before+1), run.GetTaskQueue())
}

// again returns the delivery as it was sent, with a new deadline and without
// its decision.
func again(send protocol.Send, count int) protocol.Delivery {
	send.Begin(time.Now().UTC())
	send.Answered, send.Measured = 0, nil
	send.PriorAttempts, send.Tries, send.NotBefore, send.Question = 0, nil, latch.Time{}, nil
	return protocol.Delivery{Send: send, Redelivery: count}
}

// reportOf returns the run that reports the end of a run which was ended from outside, if that
// run does not have the delivery. Both make the same delivery ids.
func (l *Log) reportOf(ctx context.Context, run *workflowpb.WorkflowExecutionInfo, err error) *workflowpb.WorkflowExecutionInfo {
	var refusal *RefusedError
	if !errors.As(err, &refusal) || refusal.Reason != Unknown {
		return nil
	}
	described, err := l.runs.Describe(ctx, protocol.PrefixEndNotice+run.GetExecution().GetRunId(), "")
	if err != nil {
		return nil // the first answer stands
	}
	return described.GetWorkflowExecutionInfo()
}

// originOf returns the run that fired the delivery.
func (l *Log) originOf(ctx context.Context, id string, origin Origin) (*workflowpb.WorkflowExecutionInfo, error) {
	if origin != (Origin{}) {
		if origin.WorkflowID == "" || uuid.Validate(origin.RunID) != nil {
			return nil, refused(Invalid, "workflow_id and run_id: both are needed, as the delivery's record has them.")
		}
		if strings.HasPrefix(origin.WorkflowID, protocol.PrefixEndNotice) {
			origin.RunID = "" // a delivery id has the run that ended
		}
		described, err := l.runs.Describe(ctx, origin.WorkflowID, origin.RunID)
		if runs.IsNotFound(err) {
			return nil, noDelivery(id)
		}
		return described.GetWorkflowExecutionInfo(), err
	}
	runID, known := protocol.RunOf(id)
	if !known && strings.HasPrefix(id, latch.PrefixDeliveryID) {
		return nil, refused(Unknown, "The delivery id %q does not tell its run, as those of watches and of earlier versions do not: give workflow_id and run_id of its record in the body.", id)
	}
	if !known {
		return nil, refused(Unknown, "%q is not a delivery id; one begins with %s.", id, latch.PrefixDeliveryID)
	}
	listed, err := l.runs.Page(ctx, "RunId = "+runs.Quote(runID), 1, nil)
	if err != nil {
		return nil, err
	}
	if len(listed.GetExecutions()) == 0 {
		return nil, noDelivery(id)
	}
	return listed.GetExecutions()[0], nil
}

// sendOf returns what was sent: from the run's history if an activity sent it,
// otherwise from the run itself, because a volley sent it.
func (l *Log) sendOf(ctx context.Context, run *workflowpb.WorkflowExecutionInfo, id string) (*protocol.Send, error) {
	ctx, cancel := context.WithTimeout(ctx, partTimeout)
	defer cancel()
	var page []byte
	for {
		events, next, err := l.runs.Events(ctx, run.GetExecution(), page)
		if runs.IsNotFound(err) {
			return nil, noDelivery(id)
		}
		if err != nil {
			return nil, err
		}
		for _, event := range events {
			if scheduled := event.GetActivityTaskScheduledEventAttributes(); scheduled.GetActivityId() == id && scheduled.GetActivityType().GetName() == latch.ActivitySendWebhook {
				return l.decodeSend(scheduled, run)
			}
		}
		if page = next; len(page) == 0 {
			return l.sentInVolley(ctx, run, id)
		}
	}
}

func (l *Log) decodeSend(scheduled *historypb.ActivityTaskScheduledEventAttributes, run *workflowpb.WorkflowExecutionInfo) (*protocol.Send, error) {
	payloads := scheduled.GetInput().GetPayloads()
	var send protocol.Send
	if len(payloads) == 0 || l.runs.Read(payloads[0], &send) != nil {
		return nil, fmt.Errorf("delivery %s of run %s: what was sent cannot be read", scheduled.GetActivityId(), run.GetExecution().GetRunId())
	}
	return &send, nil
}

// sentInVolley asks a run what one of its volleys sent. A delivery still being
// sent is an error.
func (l *Log) sentInVolley(ctx context.Context, run *workflowpb.WorkflowExecutionInfo, id string) (*protocol.Send, error) {
	var sent protocol.Sent
	err := l.query(ctx, runOf(run), protocol.QuerySent, &sent, id)
	switch {
	case err != nil && !hasNoRecords(err):
		return nil, err
	case sent.Send == nil:
		return nil, l.neverSent(ctx, run, id)
	case sent.UnderWay && isRunning(run):
		return nil, stillSending(runOf(run))
	default:
		return sent.Send, nil
	}
}

func stillSending(run execution) *RefusedError {
	return standsInTheWay(UnderWay, run, "%s is still sending this delivery.", run.GetWorkflowId())
}

// neverSent returns an error that says why the run did not send the delivery.
func (l *Log) neverSent(ctx context.Context, run *workflowpb.WorkflowExecutionInfo, id string) error {
	var records []latch.Record
	err := l.query(ctx, runOf(run), latch.QueryHistory, &records)
	if hasNoRecords(err) {
		return noDelivery(id)
	}
	if err != nil {
		return err
	}
	for i := range records {
		if records[i].DeliveryID == id {
			return standsInTheWay(NeverSent, runOf(run), "%s at %s never sent anything, so there is nothing to send again (its record: %s).",
				records[i].Webhook, records[i].Event, strings.TrimSpace(records[i].Result+" "+records[i].Error))
		}
	}
	return noDelivery(id)
}

// checkUnderWay returns an error if the delivery is still being sent: by its
// run, by the same run after a reset, or by the child workflow it was handed
// to.
func (l *Log) checkUnderWay(ctx context.Context, run *workflowpb.WorkflowExecutionInfo, id string) error {
	senders, err := l.sendersOf(ctx, run)
	if err != nil {
		return err
	}
	return l.checkSenders(ctx, run, senders, id)
}

// sendersOf describes what may still send a run's deliveries itself: the run, and the same run after
// a reset, as far as they are running.
func (l *Log) sendersOf(ctx context.Context, run *workflowpb.WorkflowExecutionInfo) ([]*workflowservice.DescribeWorkflowExecutionResponse, error) {
	runIDs := []string{run.GetExecution().GetRunId(), ""}
	if !isRunning(run) {
		runIDs = runIDs[1:] // a run that has closed sends nothing
	}
	var senders []*workflowservice.DescribeWorkflowExecutionResponse
	for _, runID := range runIDs {
		described, err := l.describeRunning(ctx, run.GetExecution().GetWorkflowId(), runID)
		if err != nil {
			return nil, err
		}
		if described != nil {
			senders = append(senders, described)
		}
	}
	return senders, nil
}

// describeRunning describes a run, or returns nil if it is not running.
func (l *Log) describeRunning(ctx context.Context, workflowID, runID string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	described, err := l.runs.Describe(ctx, workflowID, runID)
	if runs.IsNotFound(err) || err == nil && !isRunning(described.GetWorkflowExecutionInfo()) {
		return nil, nil
	}
	return described, err
}

// checkSenders is checkUnderWay for a run whose senders were described.
func (l *Log) checkSenders(ctx context.Context, run *workflowpb.WorkflowExecutionInfo,
	senders []*workflowservice.DescribeWorkflowExecutionResponse, id string) error {
	child := latch.PrefixDelivery + id
	handed, err := l.describeRunning(ctx, child, "")
	if err != nil {
		return err
	}
	if handed != nil {
		senders = append(slices.Clone(senders), handed)
	}
	for _, each := range senders {
		for _, pending := range each.GetPendingActivities() {
			if pending.GetActivityId() == id {
				return stillSending(runOf(each.GetWorkflowExecutionInfo()))
			}
		}
	}
	if handed != nil && child != run.GetExecution().GetWorkflowId() {
		return standsInTheWay(UnderWay, runOf(handed.GetWorkflowExecutionInfo()), "%s carries this delivery on.", child)
	}
	return nil
}

func isRunning(info *workflowpb.WorkflowExecutionInfo) bool {
	return !runs.HasClosed(info)
}

// redeliveries returns how often a delivery was redelivered on request, by its newest redelivery, nil
// if it has none.
func (l *Log) redeliveries(ctx context.Context, last *workflowpb.WorkflowExecutionInfo) (int, error) {
	switch {
	case last == nil:
		return 0, nil
	case isRunning(last):
		return 0, redeliveryRuns(runOf(last))
	}
	var before struct {
		Redelivery int `json:"redelivery"`
	}
	err := l.runs.Input(ctx, last.GetExecution(), &before)
	return before.Redelivery, err
}

func redeliveryRuns(run execution) *RefusedError {
	return standsInTheWay(UnderWay, run, "%s is running already, and one redelivery runs at a time.", run.GetWorkflowId())
}
