package e2e

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/deliveries"
	"github.com/latch-run/latch/testsuite/receiver"
	"github.com/latch-run/latch/testsuite/server"
)

type webhookHistory struct {
	Records    []latch.Record
	NextCursor string `json:"next_cursor"`
	Incomplete bool
}

// across returns a webhook's history across runs, newest first, in pages of the limit.
func (s *served) across(webhook, event string, limit int) []latch.Record {
	s.Helper()
	records, cursor := []latch.Record{}, ""
	for part := 0; part == 0 || cursor != ""; part++ {
		var got webhookHistory
		path := fmt.Sprintf("/latch/v1/webhooks/%s/history?event=%s&limit=%d&cursor=%s", url.PathEscape(webhook), event, limit, cursor)
		if event == "" {
			path = strings.Replace(path, "event=&", "", 1)
		}
		s.as("lock-key-0123456789", "GET", path, "").read(s, 200, &got)
		require.False(s, got.Incomplete)
		require.LessOrEqual(s, len(got.Records), limit)
		records, cursor = append(records, got.Records...), got.NextCursor
		require.Less(s, part, 50)
	}
	return records
}

// acrossBecomes waits until Temporal's list contains n records.
func (s *served) acrossBecomes(webhook string, n int) []latch.Record {
	s.Helper()
	var records []latch.Record
	require.Eventually(s, func() bool {
		records = s.across(webhook, "", 200)
		return len(records) == n
	}, patience, tick, "records of %s", webhook)
	return records
}

// Contract, "HTTP API": a webhook's history across runs is sorted newest first and paged, and
// can be limited to one event. Overlapping runs are merged in one order.
func TestWebhookHistoryAcrossRuns(t *testing.T) {
	t.Parallel()
	b := setup(t, "LATCH_SEARCH_ATTRIBUTES", "true")
	s := b.serve("LATCH_API_KEYS", apiKeys)
	id := "it's of " + b.queue // ids may contain characters that need quoting in Temporal's queries
	s.register(url.PathEscape(id), `{"url":"{R}/hook","events":[{"event":"JOB_START"},{"event":"JOB_SUCCESS"},
		{"event":"BEFORE_RELEASE","blocking":true},{"event":"RELEASE_SUCCESS"}]}`)
	var started map[string]string
	s.as("run-key-0123456789", "POST", "/latch/v1/releases",
		`{"id":"`+b.queue+`","steps":[{"name":"a","do":{"workflow":{"type":"latch.Emit","input":{"event":"OTHER"}}}}]}`).read(t, 201, &started)
	token := s.token(started["workflow_id"])
	for i := range 3 {
		b.succeeds(b.startJob(fmt.Sprint("job", i), fmt.Sprintf(`{"id":"job%d","task":{"http":{"url":"{R}/work"}}}`, i)))
	}
	s.acrossBecomes(id, 7)
	s.as("lock-key-0123456789", "POST", lockPath(token)+"/release", "").read(t, 200, nil)
	require.NoError(t, shared.client.GetWorkflow(b.ctx, started["workflow_id"], "").Get(b.ctx, nil))

	all := s.acrossBecomes(id, 8)
	var order []string
	for i, record := range all {
		order = append(order, record.Event+" "+record.Job)
		require.Equal(t, latch.ResultPass, record.Result)
		if i > 0 {
			require.False(t, record.StartedAt.After(all[i-1].StartedAt.Time), "newest first")
		}
	}
	require.Equal(t, "RELEASE_SUCCESS ", order[0])
	require.Equal(t, "BEFORE_RELEASE ", order[7])
	for limit := range 4 {
		require.Equal(t, all, s.across(id, "", limit+1), "parts of %d", limit+1)
	}
	starts := s.across(id, "JOB_START", 2)
	require.Len(t, starts, 3)
	require.Equal(t, []string{"job2", "job1", "job0"}, []string{starts[0].Job, starts[1].Job, starts[2].Job})
	require.Empty(t, s.across("another-"+b.queue, "", 10))

	s.as("read-key-0123456789", "GET", "/latch/v1/webhooks/x/history?cursor=nonsense", "").problem(t, 422)
	s.as("read-key-0123456789", "GET", "/latch/v1/webhooks/x/history?limit=201", "").problem(t, 422)
	s.as("read-key-0123456789", "GET", "/latch/v1/webhooks/x/history?event=job", "").problem(t, 422)
}

// A record that its run left pending has the state of the workflow to which it was handed over.
func TestWebhookHistoryFollowsWhatWasHandedOver(t *testing.T) {
	t.Parallel()
	b := setup(t, "LATCH_SEARCH_ATTRIBUTES", "true")
	s := b.serve("LATCH_API_KEYS", apiKeys)
	id := "slow-" + b.queue
	b.receiver.Script("/slow", receiver.Status(500), receiver.JSON(200, `{"ticket":7}`))
	result := b.succeeds(b.startJob("handed",
		jobWith("handed", `{"id":"`+id+`","url":"{R}/slow","event":"JOB_SUCCESS","retry":{"initial_interval":"`+beyondTheRun+`"}}`)))
	handed := recordOf(t, result.History, id)
	require.NotEmpty(t, handed.HandedTo)
	conflict := s.as("run-key-0123456789", "POST", "/latch/v1/deliveries/"+handed.DeliveryID+"/redeliver", "").problem(t, 409)
	require.Equal(t, handed.HandedTo, conflict.WorkflowID, "the delivery itself is under way")
	require.NoError(t, shared.client.GetWorkflow(b.ctx, handed.HandedTo, "").Get(b.ctx, nil))
	final := s.acrossBecomes(id, 1)[0]
	require.Equal(t, latch.ResultPass, final.Result)
	require.Equal(t, 2, final.Attempts)
	require.Equal(t, handed.HandedTo, final.HandedTo)
	require.JSONEq(t, `7`, string(final.Data["ticket"]))
}

// If the namespace lacks the search attribute, the answer says how to create it.
func TestWebhookHistoryWithoutTheAttribute(t *testing.T) {
	t.Parallel()
	bare, err := server.Start(t.Context(), server.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, bare.Stop()) })
	s := setup(t).serve("LATCH_API_KEYS", apiKeys, "TEMPORAL_ADDRESS", bare.FrontendHostPort)
	missing := s.as("read-key-0123456789", "GET", "/latch/v1/webhooks/audit/history", "").problem(t, 501)
	for _, told := range []string{"temporal operator search-attribute create --namespace default",
		"--name LatchWebhooks --type KeywordList", "LATCH_SEARCH_ATTRIBUTES=true"} {
		require.Contains(t, missing.Detail, told)
	}
}

// A run has more webhooks than its search attribute has room for. It ends as any other, and its
// deliveries to each of them are found.
func TestDeliveriesOfMoreWebhooksThanFitIntoTheAttribute(t *testing.T) {
	t.Parallel()
	b := setup(t, "LATCH_SEARCH_ATTRIBUTES", "true")
	s := b.serve("LATCH_API_KEYS", apiKeys)
	var webhooks []string
	for i := range 100 {
		webhooks = append(webhooks, fmt.Sprintf(`{"id":"%02d of many webhooks","url":"{R}/many","event":"PINGED"}`, i))
	}
	result := b.emission(b.startSpec(latch.WorkflowEmit, "many", `{"event":"PINGED","webhooks":[`+strings.Join(webhooks, ",")+`]}`))
	require.Len(t, result.History, len(webhooks))
	for _, id := range []string{"00 of many webhooks", "99 of many webhooks"} {
		require.Eventually(t, func() bool {
			var part deliveries.DeliveryPart
			query := url.Values{"webhook": {id}, "task_queue": {b.queue}, "event": {"PINGED"}}
			s.as("read-key-0123456789", "GET", "/latch/v1/deliveries?"+query.Encode(), "").read(t, 200, &part)
			return len(part.Records) == 1 && part.Records[0].Webhook == id
		}, patience, tick, id)
	}
}
