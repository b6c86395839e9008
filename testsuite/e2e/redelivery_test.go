package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

type redelivery struct {
	DeliveryID string `json:"delivery_id"`
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
	Redelivery int
	Status     string
}

func redeliverPath(id string) string { return "/latch/v1/deliveries/" + id + "/redeliver" }

// Contract, "HTTP API": a delivery is sent again under its id, as often as requested. Each time
// is recorded as such beside the first record.
func TestRedelivery(t *testing.T) {
	t.Parallel()
	b := setup(t, "LATCH_SEARCH_ATTRIBUTES", "true", "LATCH_SECRET_KEY", "key")
	s := b.serve("LATCH_API_KEYS", apiKeys)
	id := "ledger-" + b.queue
	b.receiver.Script("/ledger", receiver.Status(404), receiver.JSON(200, `{"booked":true}`), receiver.Status(410))
	result := b.succeeds(b.startJob("books", jobWith("books", `{"id":"`+id+`","url":"{R}/ledger","event":"JOB_SUCCESS","secret":"key"}`)))
	failed := recordOf(t, result.History, id)
	require.Equal(t, latch.ResultFail, failed.Result)

	s.as("lock-key-0123456789", "POST", redeliverPath(failed.DeliveryID), "").problem(t, 403)
	s.acrossBecomes(id, 1) // Temporal's list contains the run
	for n := 1; n <= 2; n++ {
		var got redelivery
		reply := s.as("run-key-0123456789", "POST", redeliverPath(failed.DeliveryID), "")
		reply.read(t, 202, &got)
		require.Equal(t, redelivery{DeliveryID: failed.DeliveryID, WorkflowID: "redeliver-" + failed.DeliveryID,
			RunID: got.RunID, Redelivery: n, Status: "running"}, got)
		var record latch.Record
		require.NoError(t, shared.client.GetWorkflow(b.ctx, got.WorkflowID, got.RunID).Get(b.ctx, &record))
		require.Equal(t, n, record.Redelivery)
		require.Equal(t, failed.RunID, record.RunID)
		require.Equal(t, 1, record.Attempts)
		require.True(t, record.StartedAt.After(failed.StartedAt.Time))
	}
	requests := b.arrives("/ledger", 3)
	for _, request := range requests {
		require.Equal(t, failed.DeliveryID, request.Header.Get("Webhook-Id"))
		first, sent := body(t, requests[0]), body(t, request)
		for _, changes := range []string{"attempt", "timestamp"} {
			delete(first, changes)
			delete(sent, changes)
		}
		require.Equal(t, first, sent, "what was rendered is sent again")
	}
	var results []string
	for _, record := range s.acrossBecomes(id, 3) {
		require.Equal(t, failed.DeliveryID, record.DeliveryID)
		results = append(results, record.Result)
	}
	require.Equal(t, []string{latch.ResultFail, latch.ResultPass, latch.ResultFail}, results, "newest first, each as it went")
	require.Equal(t, failed.Result, recordOf(t, b.history("books-"+b.queue), id).Result, "the run's own record stays")
}

// Contract, "HTTP API": a delivery that is in flight, never had a request, or is unknown is not
// sent again, and the errors differ.
func TestRedeliveryRefusals(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.serve("LATCH_API_KEYS", apiKeys)
	held := make(chan struct{})
	t.Cleanup(func() { close(held) })
	b.receiver.Script("/once", receiver.Status(404), receiver.Answer{Hold: held})
	b.receiver.Script("/held", receiver.Answer{Hold: held})
	var started map[string]string
	s.as("run-key-0123456789", "POST", "/latch/v1/releases", b.spec(`{"id":"`+b.queue+`","webhooks":[
		{"id":"once","url":"{R}/once","event":"BEFORE_RELEASE"},{"id":"held","url":"{R}/held","event":"BEFORE_RELEASE"},
		{"id":"never","url":"{R}/never","events":[{"event":"BEFORE_RELEASE","when":"false"}]},
		{"id":"person","events":[{"event":"BEFORE_RELEASE","blocking":true}]}],
		"steps":[{"name":"a","do":{"workflow":{"type":"latch.Emit","input":{"event":"OTHER"}}}}]}`)).read(t, 201, &started)
	run := started["workflow_id"]
	s.token(run)
	b.arrives("/held", 1)
	records := b.history(run)
	delivery := func(webhook string) string { return recordOf(t, records, webhook).DeliveryID }
	require.Eventually(t, func() bool { return recordOf(t, b.history(run), "once").Result == latch.ResultFail }, patience, tick)

	// The request names the run, because Temporal's list may lag behind.
	named := `{"workflow_id":"` + run + `","run_id":"` + started["run_id"] + `"}`
	for webhook, told := range map[string]string{"held": "still sending", "never": "never sent", "person": "never sent"} {
		refused := s.as("run-key-0123456789", "POST", redeliverPath(delivery(webhook)), named).problem(t, 409)
		require.Contains(t, refused.Detail, told, webhook)
		require.Equal(t, run, refused.WorkflowID)
	}
	var first redelivery
	s.as("run-key-0123456789", "POST", redeliverPath(delivery("once")), named).read(t, 202, &first)
	b.arrives("/once", 2)
	second := s.as("run-key-0123456789", "POST", redeliverPath(delivery("once")), named).problem(t, 409)
	require.Equal(t, first.WorkflowID, second.WorkflowID)
	require.Equal(t, first.RunID, second.RunID)

	earlier := s.as("run-key-0123456789", "POST", redeliverPath("dlv_"+strings.Repeat("A", 24)), "").problem(t, 404)
	require.Contains(t, earlier.Detail, "workflow_id")
	for _, test := range []struct {
		id, body string
		status   int
	}{
		{"nonsense", "", 404},
		{"dlv_" + strings.Repeat("A", 36), "", 404},
		{"dlv_" + strings.Repeat("A", 36), named, 404},
		{delivery("once"), `{"workflow_id":"nobody","run_id":"` + started["run_id"] + `"}`, 404},
		{delivery("once"), `{"workflow_id":"` + run + `"}`, 422},
		{delivery("once"), `{"workflow":"x"}`, 422},
		{delivery("once"), `{`, 400},
	} {
		s.as("run-key-0123456789", "POST", redeliverPath(test.id), test.body).problem(t, test.status)
	}
	s.as("run-key-0123456789", "POST", "/latch/v1/releases/"+b.queue+"/stop", "").read(t, 200, nil)
	require.NoError(t, shared.client.TerminateWorkflow(b.ctx, first.WorkflowID, first.RunID, "end of the test"))
}
