package deliveries_test

import (
	"encoding/json"
	"fmt"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/runs/runstest"
)

// A fake is a Temporal whose runs were closed in their order, the newest first.
type fake struct {
	runstest.Temporal
	runs []*fakeRun
}

// A fakeRun is a run of a fake, with its records.
type fakeRun struct {
	*runstest.Run
	records []latch.Record
}

// run adds a run with its records.
func (f *fake) run(workflowID string, status enumspb.WorkflowExecutionStatus, records ...latch.Record) *fakeRun {
	added := &fakeRun{Run: f.Add(workflowID, "", status), records: records}
	added.Info.StartTime = nil
	if status != running {
		added.Info.CloseTime = timestamppb.New(noon)
	}
	for i := range records {
		records[i].WorkflowID, records[i].RunID = workflowID, added.Info.GetExecution().GetRunId()
	}
	added.Answer = func(string) (any, error) { return added.records, nil }
	added.History = added.sent
	f.runs = append(f.runs, added)
	return added
}

// sent returns the run's input, and the request of each of its records.
func (r *fakeRun) sent() ([]*historypb.HistoryEvent, error) {
	redelivery := 0
	if len(r.records) > 0 {
		redelivery = r.records[0].Redelivery
	}
	events := []*historypb.HistoryEvent{
		runstest.Started(&commonpb.Payloads{Payloads: []*commonpb.Payload{{Data: fmt.Appendf(nil, `{"redelivery":%d}`, redelivery)}}})}
	for _, record := range r.records {
		send := protocol.Send{Record: record}
		send.Request.DeliveryID = record.DeliveryID
		encoded, err := json.Marshal(send)
		if err != nil {
			return nil, err
		}
		events = append(events, &historypb.HistoryEvent{Attributes: &historypb.HistoryEvent_ActivityTaskScheduledEventAttributes{
			ActivityTaskScheduledEventAttributes: &historypb.ActivityTaskScheduledEventAttributes{ActivityId: record.DeliveryID,
				ActivityType: &commonpb.ActivityType{Name: latch.ActivitySendWebhook},
				Input:        &commonpb.Payloads{Payloads: []*commonpb.Payload{{Data: encoded}}}}}})
	}
	return events, nil
}

// failed is the record of a delivery that failed so long before noon.
func failed(id string, before time.Duration) latch.Record {
	at := latch.NewTime(noon.Add(-before))
	return latch.Record{DeliveryID: id, Webhook: "down", Event: "JOB_SUCCESS", Job: "books", Result: latch.ResultFail, Attempts: 2,
		Tries: []latch.RecordTry{{Number: 2, Status: 503}}, Error: "answered 503", StartedAt: at, CompletedAt: at}
}
