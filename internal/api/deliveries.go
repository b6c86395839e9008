package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

func (a *api) registerDeliveries() {
	register[DeliveryOrigin](a, operation{id: "redeliver", method: http.MethodPost, path: "/latch/v1/deliveries/{id}/redeliver", role: RoleRun,
		status: http.StatusAccepted, errors: []int{http.StatusNotFound, http.StatusConflict}, summary: "Send a delivery again",
		about: "Under the same delivery id and with what was rendered, as a record of its own that decides nothing any more. One redelivery at a time: while it, or the delivery itself, is under way, the answer is 409."}, a.redeliver)
}

// A DeliveryOrigin names the run that fired a delivery, where its id does not.
type DeliveryOrigin struct {
	WorkflowID string `json:"workflow_id,omitempty" doc:"The run's, as the delivery's record has it; needed only where the delivery id does not tell the run"`
	RunID      string `json:"run_id,omitempty"`
}

// decode reads the body strictly.
func (o *DeliveryOrigin) decode(body []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(o); err != nil {
		return fmt.Errorf("the body takes workflow_id and run_id, texts both: %w", err)
	}
	return nil
}

type redeliverInput struct {
	ID      string `path:"id" doc:"The delivery's id"`
	RawBody []byte
}

// A Redelivery is a delivery that goes out again.
type Redelivery struct {
	DeliveryID string `json:"delivery_id"`
	WorkflowID string `json:"workflow_id" doc:"The workflow that sends it; its query history has the record"`
	RunID      string `json:"run_id"`
	Redelivery int    `json:"redelivery" doc:"1 for the first"`
	Status     string `json:"status" enum:"running"`
}

type redeliveryOutput struct{ Body Redelivery }

const prefixRedelivery = "redeliver-"

func (a *api) redeliver(ctx context.Context, input *redeliverInput) (*redeliveryOutput, error) {
	run, err := a.originOf(ctx, input)
	if err != nil {
		return nil, err
	}
	send, err := a.sendOf(ctx, run, input.ID)
	if err != nil {
		return nil, err
	}
	if err := a.checkUnderWay(ctx, run, input.ID); err != nil {
		return nil, err
	}
	count, err := a.redeliveries(ctx, input.ID)
	if err != nil {
		return nil, err
	}
	s, err := redeliveryOf(*send, count+1)
	if err != nil {
		return nil, err
	}
	s.taskQueue = run.GetTaskQueue()
	runID, err := a.start(ctx, s)
	if err != nil {
		return nil, err
	}
	return &redeliveryOutput{Redelivery{DeliveryID: input.ID, WorkflowID: s.workflowID, RunID: runID, Redelivery: count + 1, Status: latch.ReleaseRunning}}, nil
}

// redeliveryOf gives what to start: the delivery as it was sent, with a
// deadline of its own, deciding nothing.
func redeliveryOf(send protocol.Send, count int) (start, error) {
	send.Deadline = time.Now().UTC().Add(time.Duration(send.Request.Webhook.Retry.WithDefaults().Deadline))
	send.PriorAttempts, send.Question = 0, nil
	record := send.Record
	body, err := json.Marshal(protocol.Delivery{Send: send, Redelivery: count})
	if err != nil {
		return start{}, fmt.Errorf("encode delivery: %w", err)
	}
	subject := record.WorkflowID
	for _, id := range []string{record.Job, record.Release} {
		if id != "" {
			subject = id
		}
	}
	return start{workflow: latch.WorkflowDeliver, workflowID: prefixRedelivery + record.DeliveryID, body: body, requestID: viaAPI + uuid.NewString(),
		summary: oneLine(fmt.Sprintf("Redelivery %d of %s to %s", count, record.Event, record.Webhook)),
		attributes: map[string]any{
			latch.SearchAttributeID:       subject,
			latch.SearchAttributeWebhooks: []string{record.Webhook, record.Webhook + ":" + record.Event},
		}}, nil
}

func noDelivery(id string) *Problem {
	return problem(http.StatusNotFound, "There is no delivery %q, or Temporal has forgotten its run.", id)
}

// originOf finds the run that fired the delivery.
func (a *api) originOf(ctx context.Context, input *redeliverInput) (*workflowpb.WorkflowExecutionInfo, error) {
	var origin DeliveryOrigin
	if err := decodeMessage(input.RawBody, origin.decode); err != nil {
		return nil, err
	}
	if origin.WorkflowID != "" || origin.RunID != "" {
		if origin.WorkflowID == "" || uuid.Validate(origin.RunID) != nil {
			return nil, problem(http.StatusUnprocessableEntity, "workflow_id and run_id: both are needed, as the delivery's record has them.")
		}
		described, err := a.describe(ctx, origin.WorkflowID, origin.RunID)
		if isNotFound(err) {
			return nil, noDelivery(input.ID)
		}
		return described, err
	}
	runID, known := protocol.RunOf(input.ID)
	if !known && strings.HasPrefix(input.ID, protocol.DeliveryPrefix) {
		return nil, problem(http.StatusNotFound, "The delivery id %q does not tell its run, as those of earlier versions do not: give workflow_id and run_id of its record in the body.", input.ID)
	}
	if !known {
		return nil, problem(http.StatusNotFound, "%q is no delivery id: one begins with %s.", input.ID, protocol.DeliveryPrefix)
	}
	listed, err := a.list(ctx, "RunId = "+quote(runID), 1, nil)
	if err != nil {
		return nil, err
	}
	if len(listed.GetExecutions()) == 0 {
		return nil, noDelivery(input.ID)
	}
	return listed.GetExecutions()[0], nil
}

// sendOf reads from the run's history what was sent.
func (a *api) sendOf(ctx context.Context, run *workflowpb.WorkflowExecutionInfo, id string) (*protocol.Send, error) {
	ctx, cancel := context.WithTimeout(ctx, workerTimeout)
	defer cancel()
	var page []byte
	for {
		response, err := a.temporal.WorkflowService().GetWorkflowExecutionHistory(ctx, &workflowservice.GetWorkflowExecutionHistoryRequest{
			Namespace: a.namespace, Execution: run.GetExecution(), NextPageToken: page,
		})
		if isNotFound(err) {
			return nil, noDelivery(id)
		}
		if err != nil {
			return nil, err
		}
		for _, event := range response.GetHistory().GetEvents() {
			if scheduled := event.GetActivityTaskScheduledEventAttributes(); scheduled.GetActivityId() == id && scheduled.GetActivityType().GetName() == latch.ActivitySendWebhook {
				return a.decodeSend(scheduled, run)
			}
		}
		if page = response.GetNextPageToken(); len(page) == 0 {
			return nil, a.neverSent(ctx, run, id)
		}
	}
}

func (a *api) decodeSend(scheduled *historypb.ActivityTaskScheduledEventAttributes, run *workflowpb.WorkflowExecutionInfo) (*protocol.Send, error) {
	payloads := scheduled.GetInput().GetPayloads()
	var send protocol.Send
	if len(payloads) == 0 || a.read(payloads[0], &send) != nil {
		return nil, fmt.Errorf("delivery %s of run %s: what was sent cannot be read", scheduled.GetActivityId(), run.GetExecution().GetRunId())
	}
	return &send, nil
}

// neverSent says why a run has sent no such delivery.
func (a *api) neverSent(ctx context.Context, run *workflowpb.WorkflowExecutionInfo, id string) error {
	var records []latch.Record
	err := a.query(ctx, run.GetExecution().GetWorkflowId(), run.GetExecution().GetRunId(), latch.QueryHistory, &records)
	if isNotFound(err) || isForeign(err) {
		return noDelivery(id)
	}
	if err != nil {
		return err
	}
	for i := range records {
		if records[i].DeliveryID == id {
			return standsInTheWay(run.GetExecution(), "%s at %s never sent anything, so there is nothing to send again (its record: %s).",
				records[i].Webhook, records[i].Event, strings.TrimSpace(records[i].Result+" "+records[i].Error))
		}
	}
	return noDelivery(id)
}

// standsInTheWay is the problem of what a run does, or did.
func standsInTheWay(run *commonpb.WorkflowExecution, format string, args ...any) *Problem {
	p := problem(http.StatusConflict, format, args...)
	p.WorkflowID, p.RunID = run.GetWorkflowId(), run.GetRunId()
	return p
}

// checkUnderWay refuses what is still being sent: by its run, by the same run
// after a reset, or by the child that it was handed to.
func (a *api) checkUnderWay(ctx context.Context, run *workflowpb.WorkflowExecutionInfo, id string) error {
	workflowID := run.GetExecution().GetWorkflowId()
	for _, each := range []struct{ workflowID, runID string }{
		{workflowID, run.GetExecution().GetRunId()}, {workflowID, ""}, {prefixHandedOver + id, ""},
	} {
		described, err := a.describeAll(ctx, each.workflowID, each.runID)
		if isNotFound(err) {
			continue
		}
		if err != nil {
			return err
		}
		info := described.GetWorkflowExecutionInfo()
		if info.GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
			continue
		}
		for _, pending := range described.GetPendingActivities() {
			if pending.GetActivityId() == id {
				return standsInTheWay(info.GetExecution(), "%s is still sending this delivery.", info.GetExecution().GetWorkflowId())
			}
		}
		if each.workflowID != workflowID {
			return standsInTheWay(info.GetExecution(), "%s carries this delivery on.", info.GetExecution().GetWorkflowId())
		}
	}
	return nil
}

// prefixHandedOver begins the id of the workflow that a run hands a delivery to.
const prefixHandedOver = "deliver-"

// redeliveries tells how often the delivery was asked for again.
func (a *api) redeliveries(ctx context.Context, id string) (int, error) {
	last, err := a.describe(ctx, prefixRedelivery+id, "")
	if isNotFound(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	if last.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		return 0, standsInTheWay(last.GetExecution(), "%s is running already, and one redelivery runs at a time.", last.GetExecution().GetWorkflowId())
	}
	input, err := a.input(ctx, last.GetExecution().GetWorkflowId(), last.GetExecution().GetRunId())
	if err != nil {
		return 0, err
	}
	var before struct {
		Redelivery int `json:"redelivery"`
	}
	if err := json.Unmarshal(input, &before); err != nil {
		return 0, errors.Join(fmt.Errorf("input of %s", last.GetExecution().GetWorkflowId()), err)
	}
	return before.Redelivery, nil
}
