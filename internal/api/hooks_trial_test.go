package api_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/api/apitest"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/runs/runstest"
)

// tests requests the test of a registered webhook. onStart determines its outcome.
func tests(t *testing.T, temporal *runstest.Temporal, body string) (int, api.WebhookTest, string) {
	t.Helper()
	parsed, err := api.ParseKeys(apitest.Keys)
	require.NoError(t, err)
	handler := apitest.New(t, temporal, api.Options{Keys: parsed, TestPatience: 50 * time.Millisecond})
	require.Less(t, apitest.Call(handler, "PUT", "/latch/v1/webhooks/kept",
		`{"url":"https://kept.example/?token=s3cret-0123456789","event":"JOB_START"}`, "X-API-Key", "admin").Code, 300)
	got := apitest.Call(handler, "POST", "/latch/v1/webhooks/test", body, "X-API-Key", "admin")
	var test api.WebhookTest
	if got.Code == http.StatusOK {
		require.NoError(t, json.Unmarshal(got.Body.Bytes(), &test))
	}
	return got.Code, test, got.Body.String()
}

const tested = `{"webhook": {"id": "kept", "url": "https://kept.example/?token=***", "secret": "tower",
	"event": "JOB_SUCCESS", "retry": {"maximum_attempts": 9},
	"body": "{\"id\": \"${job.id}\"}"}}`

// A test is one delivery with one attempt that a worker sends, in a workflow that ends. Its
// outcome is shown, whether or not it was successful.
func TestTheTestOfAWebhook(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		record           latch.Record
		outcome, message string
	}{
		"delivered": {latch.Record{Result: latch.ResultPass, Response: &latch.RecordResponse{Status: 204}},
			api.TestDelivered, "Delivered: the answer is 204."},
		"refused": {latch.Record{Result: latch.ResultFail, Response: &latch.RecordResponse{Status: 500},
			Error: "POST https://kept.example: 500"}, api.TestFailed, "POST https://kept.example: 500"},
		"no answer": {latch.Record{Result: latch.ResultFail, Error: "could not connect"}, api.TestFailed, "could not connect"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			temporal := apitest.Temporal()
			temporal.OnStart = func(run *runstest.Run) {
				c.record.DeliveryID = "dlv_test_x"
				run.Info.Status, run.Closed = enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, runstest.Completed(runstest.Payloads(c.record))
			}
			status, test, body := tests(t, temporal, tested)
			require.Equal(t, 200, status, body)
			require.Equal(t, c.outcome, test.Outcome)
			require.Equal(t, c.message, test.Message)
			require.Equal(t, `{"secret":"[secret tower]","id": "test"}`, test.Request.Body)
			require.Regexp(t, "^dlv_test_", test.DeliveryID)
			require.NotContains(t, body, "s3cret")

			require.Len(t, temporal.Starts, 1)
			start := temporal.Starts[0]
			require.Equal(t, latch.WorkflowDeliver, start.GetWorkflowType().GetName())
			require.Equal(t, latch.PrefixDelivery+test.DeliveryID, start.GetWorkflowId())
			require.Positive(t, start.GetWorkflowExecutionTimeout().AsDuration())
			var given protocol.Delivery
			require.NoError(t, json.Unmarshal(start.GetInput().GetPayloads()[0].GetData(), &given))
			require.Equal(t, "https://kept.example/?token=s3cret-0123456789", given.Send.Request.Webhook.URL, "what was hidden is what is kept")
			require.Equal(t, "tower", given.Send.Request.Webhook.Secret)
			require.Equal(t, 1, given.Send.Request.Webhook.Retry.AttemptLimit())
			require.False(t, given.Send.Registered)
			require.Empty(t, given.Operators)
			require.Equal(t, "test", given.Send.Record.Job)
		})
	}
}

// Without a worker nothing is sent, now or later, and the answer says so.
func TestTheTestOfAWebhookWithoutAWorker(t *testing.T) {
	t.Parallel()
	temporal := apitest.Temporal()
	temporal.OnStart = func(run *runstest.Run) { run.Ended = make(chan struct{}) }
	status, test, body := tests(t, temporal, tested)
	require.Equal(t, 200, status, body)
	require.Equal(t, api.TestNoWorker, test.Outcome)
	require.Contains(t, test.Message, `Is a worker running on the task queue "latch"?`)
	require.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, temporal.Runs[0].Info.GetStatus())
	require.Nil(t, test.Record)
}

// A delivery that cannot be sent is refused before anything starts.
func TestTheTestOfAWebhookRefuses(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"webhook": {"id": "a", "url": "ftp://a", "event": "JOB_START"}}`:                     "body.url",
		`{"webhook": {"id": "a", "url": "https://a.example/${job.no}", "event": "JOB_START"}}`: "could not be rendered",
		`{"webhook": {"id": "a", "url": "https://a.example/", "event": "JOB_START"},
			"event": "JOB_SUCCESS"}`: "is not one of the webhook's events",
		`{"webhook": {"id": "a", "url": "https://a.example/", "events": [{"event": "A"},
			{"event": "B"}]}}`: "is not one of the webhook's events",
		`{"webhook": {"id": "a", "events": [{"event": "BEFORE_RELEASE", "blocking": true}]}}`:              "nothing is sent without one",
		`{"webhook": {"id": "a", "url": "https://a.example/", "event": "JOB_START"}, "evnt": "JOB_START"}`: "unknown key",
		`{"webhook": {"id": "new", "url": "https://a.example/?token=***", "event": "JOB_START"}}`:          "***",
	} {
		temporal := apitest.Temporal()
		status, _, got := tests(t, temporal, body)
		require.Equal(t, 422, status, body)
		require.Contains(t, got, want, body)
		require.Empty(t, temporal.Starts, body)
	}
}
