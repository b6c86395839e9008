package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/delivery"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/runs"
	"github.com/latch-run/latch/internal/trial"
)

const (
	// beginPatience is how long a test waits for a worker to start it, and
	// endPatience how long it then waits for the response.
	beginPatience = 8 * time.Second
	endPatience   = 30 * time.Second
)

func (a *API) registerHookTest() {
	Register[TestedWebhook](a, Operation{ID: "test-webhook", Method: http.MethodPost, Act: latch.AuditWebhookTest,
		Path: webhooksPath + "/test", Role: RoleAdmin, Required: true, Large: true, Load: LoadWait,
		Summary: "Send one test delivery of a registered webhook",
		About:   AboutTests + " The run is made up."}, a.testRegistered)
}

// AboutTests describes the test of a webhook.
const AboutTests = "A worker makes one attempt, under a delivery id that begins with dlv_test_, and the answer has the request and what came back, also where that failed. " +
	"The webhook is not kept. If no worker takes the test within 8 seconds, it is withdrawn and nothing is sent."

// A TestedWebhook is a webhook to try before it is stored, at one event.
type TestedWebhook struct {
	TriedWebhook
	Event string `json:"event,omitempty" doc:"One of its events; may be left out where it has one"`
}

// Outcomes of a test.
const (
	TestDelivered = "delivered"
	TestFailed    = "failed"
	TestUnderWay  = "under_way"
	TestNoWorker  = "no_worker"
)

// A WebhookTest is the test of a webhook: one delivery and its response.
type WebhookTest struct {
	DeliveryID string          `json:"delivery_id"`
	WorkflowID string          `json:"workflow_id" doc:"The workflow that sends it"`
	RunID      string          `json:"run_id"`
	Event      string          `json:"event"`
	Outcome    string          `json:"outcome" enum:"delivered,failed,under_way,no_worker" doc:"under_way: no answer came within 38 seconds; no_worker: nothing was sent"`
	Message    string          `json:"message" doc:"The outcome in a sentence"`
	Request    *PreviewRequest `json:"request" doc:"What was sent, but for secrets, which are shown by their names"`
	Record     *latch.Record   `json:"record,omitempty" doc:"The delivery's record, with the answer; absent unless it was delivered or failed"`
}

type testOutput struct{ Body WebhookTest }

func (a *API) testRegistered(ctx context.Context, input *triedInput) (*testOutput, error) {
	var tested TestedWebhook
	if err := DecodeTried(input.RawBody, &tested); err != nil {
		return nil, err
	}
	encoded, err := json.Marshal(tested.Webhook)
	if err != nil {
		return nil, err
	}
	var named struct {
		ID string `json:"id"`
	}
	_ = json.Unmarshal(encoded, &named) // the webhook is decoded strictly below
	if encoded, err = a.restored(ctx, named.ID, encoded); err != nil {
		return nil, err
	}
	webhook, err := decodeRegistered(encoded, "")
	if err != nil {
		return nil, err
	}
	made, err := a.Test(ctx, &webhook.Webhook, tested.Event, func(event string) *trial.File { return trial.Around([]latch.Webhook{webhook.Webhook}, event) })
	if err != nil {
		return nil, err
	}
	return &testOutput{*made}, nil
}

// Test sends one delivery of a webhook through a worker, as the event would in
// the run that around returns, and waits for the response. The webhook must
// have been admitted. If it cannot be tested, the error is a [*Problem].
func (a *API) Test(ctx context.Context, webhook *latch.Webhook, event string, around func(event string) *trial.File) (*WebhookTest, error) {
	settings, err := testedEvent(webhook, event)
	if err != nil {
		return nil, err
	}
	hook := &trial.Hook{File: around(settings.Event), Webhook: webhook, Settings: *settings}
	request, err := hook.Request(hook.Variables(a.System()), a.lockURL)
	if err != nil {
		return nil, err
	}
	request.Webhook.Retry = &latch.Retry{MaximumAttempts: 1}
	rendered, problems := delivery.Render(request)
	if len(problems) > 0 {
		return nil, Invalid(problems)
	}
	test := &WebhookTest{DeliveryID: request.DeliveryID, WorkflowID: latch.PrefixDelivery + request.DeliveryID, Event: settings.Event, Request: showRequest(rendered, true)}
	if err := a.startTest(ctx, test, hook, request); err != nil {
		return nil, err
	}
	return test, a.awaitTest(ctx, test)
}

// testedEvent returns the settings for the event, or for the only one if event
// is "".
func testedEvent(webhook *latch.Webhook, event string) (*latch.Event, error) {
	var problems latch.Problems
	all := webhook.EventSettings()
	if !webhook.HasTarget() {
		problems.Addf("url", "nothing is sent without one")
	}
	if event == "" && len(all) == 1 && len(problems) == 0 {
		return &all[0], nil
	}
	for i := range all {
		if all[i].Event == event && len(problems) == 0 {
			return &all[i], nil
		}
	}
	if len(problems) == 0 {
		problems.Addf("event", "%q is not one of the webhook's events", event)
	}
	return nil, Invalid(problems)
}

// startTest starts the workflow that sends the delivery.
func (a *API) startTest(ctx context.Context, test *WebhookTest, hook *trial.Hook, request *protocol.WebhookRequest) error {
	now := time.Now().UTC()
	life := request.Webhook.AttemptTimeout() + beginPatience + endPatience
	record := latch.Record{DeliveryID: test.DeliveryID, Webhook: request.Webhook.ID, Event: test.Event, WorkflowID: test.WorkflowID,
		Result: latch.ResultPending, Data: latch.Object{}, StartedAt: latch.NewTime(now)}
	if hook.Kind == latch.JobKind {
		record.Job = hook.Job.ID
	}
	runID, err := a.Runs.Start(ctx, runs.Start{
		Workflow: latch.WorkflowDeliver, WorkflowID: test.WorkflowID, TaskQueue: a.TaskQueue, Timeout: life,
		Summary:       fmt.Sprintf("Test of %s to %s", test.Event, request.Webhook.ID),
		Arguments:     []any{protocol.Delivery{Send: protocol.Send{Request: *request, Record: record, Deadline: now.Add(life)}}},
		RequestPrefix: test.WorkflowID,
	})
	test.RunID = runID
	return err
}

// awaitTest waits for the end of a test and sets its outcome.
func (a *API) awaitTest(ctx context.Context, test *WebhookTest) error {
	ended, err := a.endOf(ctx, test, cmp.Or(a.testPatience, beginPatience))
	if err != nil || ended {
		return err
	}
	described, err := a.Runs.Describe(ctx, test.WorkflowID, test.RunID)
	if err != nil {
		return err
	}
	if described.GetWorkflowExecutionInfo().GetHistoryLength() <= lengthUnbegun {
		if err := a.Runs.Terminate(ctx, test.WorkflowID, test.RunID, "no worker took the test"); err != nil {
			return err
		}
		test.Outcome = TestNoWorker
		test.Message = fmt.Sprintf("No worker took the test. Nothing was sent, and nothing will be. Is a worker running on the task queue %q?", a.TaskQueue)
		return nil
	}
	if ended, err = a.endOf(ctx, test, endPatience); err != nil || ended {
		return err
	}
	test.Outcome, test.Message = TestUnderWay, "A worker has taken the test, and no answer has come yet."
	return nil
}

// lengthUnbegun is the length of a run's history before a worker has taken it:
// the start and the first task.
const lengthUnbegun = 2

// endOf waits for the end of a test, at most patience, and reports whether it
// has ended.
func (a *API) endOf(ctx context.Context, test *WebhookTest, patience time.Duration) (bool, error) {
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	outcome, err := a.Runs.Await(waiting, test.WorkflowID, test.RunID)
	switch {
	case err != nil && ctx.Err() == nil && waiting.Err() != nil && errors.Is(err, context.DeadlineExceeded):
		return false, nil
	case err != nil:
		return false, err
	}
	var record latch.Record
	if json.Unmarshal(outcome.Result, &record) != nil || record.DeliveryID == "" {
		test.Outcome, test.Message = TestFailed, Sentence(fmt.Errorf("the test did not end as it should: %s %s", outcome.Status, outcome.Error))+"."
		return true, nil
	}
	test.Record = &record
	if record.Error != "" || record.Response == nil {
		test.Outcome, test.Message = TestFailed, record.Error
		return true, nil
	}
	test.Outcome, test.Message = TestDelivered, fmt.Sprintf("Delivered: the answer is %d.", record.Response.Status)
	return true, nil
}
