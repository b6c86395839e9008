package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
)

// contract, "Names": inputs are decoded strictly. A wrong one is answered with InvalidSpec and
// all its problems, and never retried.
func TestInvalidSpec(t *testing.T) {
	t.Parallel()
	b := setup(t)
	raw := func(text string) []any { return []any{json.RawMessage(text)} }
	cases := []struct {
		name  string
		args  []any
		tells []string
	}{
		{"no-input", nil, []string{"id"}},
		{"null", raw(`null`), nil},
		{"string", []any{"job"}, nil},
		{"number", []any{7}, nil},
		{"array", raw(`[]`), nil},
		{"bytes", []any{[]byte("\x00\xff")}, nil},
		{"empty-object", raw(`{}`), []string{"id", "task"}},
		{"wrong-types", raw(`{"id":true,"task":"x","timeout":5,"tags":{},"webhooks":{}}`), []string{"id", "task", "timeout", "tags", "webhooks"}},
		{"unknown-keys", raw(`{"id":"a","taks":{},"task":{"http":{"url":"https://example.com","retries":1}},
			"webhooks":[{"id":"w","url":"https://example.com",
				"events":[{"event":"JOB_START","lock_timout":"1s"}]}]}`),
			[]string{"taks", "task.http.retries", "webhooks[0].events[0].lock_timout"}},
		{"both", raw(`{"id":"a","task":{"http":{"url":"https://example.com"}},
			"jobs":[{"id":"b","task":{"http":{"url":"https://example.com"}}}]}`), []string{"jobs"}},
		{"two-kinds", raw(`{"id":"a","task":{"http":{"url":"https://example.com"},"command":{"argv":["x"]}}}`), []string{"task"}},
		{"expressions", raw(`{"id":"a","task":{"http":{"url":"https://${vars.host}/x","success":"1 +"}},
			"webhooks":[{"id":"w","url":"https://example.com","body":"${job.}",
				"events":[{"event":"JOB_SUCCESS","when":"'text'"}]}]}`),
			[]string{"task.http.url", "task.http.success", "webhooks[0].body", "webhooks[0].events[0].when"}},
		{"events", raw(`{"id":"a","task":{"http":{"url":"https://example.com"}},
			"webhooks":[
				{"id":"w:1","url":"https://u:p@example.com","events":[
					{"event":"JOB_DONE"},
					{"event":"JOB_COMPLETE","blocking":true},
					{"event":"JOB_START","on_error":"rollback","stop_release":"true"},
					{"event":"JOB_START"}]},
				{"id":"w","event":"JOB_START"},
				{"id":"w","url":"https://example.com","event":"JOB_START","method":"GET","body":"x"}]}`),
			[]string{"webhooks[0].id", "webhooks[0].url", "webhooks[0].events[0].event", "webhooks[0].events[1].blocking",
				"webhooks[0].events[2].on_error",
				"webhooks[0].events[2].stop_release", "webhooks[0].events[3].event", "webhooks[1].url", "webhooks[2].id", "webhooks[2].body"}},
		{"registered", raw(`{"id":"a","jobs":["nightly"]}`), []string{"jobs[0]", "nightly"}},
		{"nested", raw(`{"id":"a","jobs":[{"id":"b","task":{"command":{"argv":[]}}},{"id":"b"}]}`),
			[]string{"jobs[0].task.command.argv", "jobs[1].id", "jobs[1].task"}},
	}
	runs := make([]client.WorkflowRun, len(cases))
	for i, c := range cases {
		run, err := shared.client.ExecuteWorkflow(b.ctx, client.StartWorkflowOptions{ID: c.name + "-" + b.queue, TaskQueue: b.queue,
			RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 3}}, latch.WorkflowJobRun, c.args...)
		require.NoError(t, err)
		runs[i] = run
	}
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			err := runs[i].Get(b.ctx, nil)
			require.Equal(t, latch.ErrorInvalidSpec, kindOf(err), "%v", err)
			for _, told := range c.tells {
				require.Contains(t, messageOf(err), told)
			}
			events := b.events(runs[i])
			last := events[len(events)-1].GetWorkflowExecutionFailedEventAttributes()
			require.NotNil(t, last)
			require.Equal(t, enums.RETRY_STATE_NON_RETRYABLE_FAILURE, last.GetRetryState())
			require.Empty(t, scheduled(events))
		})
	}
}

// README and contract, "Names": a job starts through Temporal's own HTTP API with plain JSON.
// An id may be a number, whose digits count.
func TestJobStartsThroughTemporalsHTTPAPI(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := "by-http-" + b.queue
	input := b.spec(`{"workflowType":{"name":"latch.JobRun"},"taskQueue":{"name":"` + b.queue + `"},
		"input":[{"id":22739,"title":"from curl","task":{"http":{"url":"{R}/work","method":"GET"}},
			"webhooks":[{"id":17,"url":"{R}/told","event":"JOB_SUCCESS"}]}]}`)
	request, err := http.NewRequestWithContext(b.ctx, http.MethodPost,
		shared.server.HTTPAddress+"/api/v1/namespaces/default/workflows/"+id, bytes.NewBufferString(input))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode, string(answer))

	result := b.succeeds(shared.client.GetWorkflow(b.ctx, id, ""))
	require.Equal(t, "22739", result.ID)
	told := body(t, b.receiver.Requests("/told")[0])
	require.Equal(t, "22739", at(told, "job", "id"))
	require.Equal(t, "17", at(told, "webhook", "id"))
	require.Equal(t, "from curl", at(told, "job", "title"))
}

// contract, "Names": a wrong query argument makes the query fail, with the reason.
func TestQueryArguments(t *testing.T) {
	t.Parallel()
	b := setup(t)
	run := b.startJob("queried", `{"id":"queried","task":{"http":{"url":"{R}/work"}},"webhooks":`+everyJobEvent("/queried")+`}`)
	b.succeeds(run)
	ask := func(argument any) ([]latch.Record, error) {
		value, err := shared.client.QueryWorkflow(b.ctx, run.GetID(), "", latch.QueryHistory, argument)
		if err != nil {
			return nil, err
		}
		var records []latch.Record
		return records, value.Get(&records)
	}
	for _, c := range []struct {
		argument string
		events   string
	}{
		{`{}`, "JOB_START JOB_COMPLETE JOB_SUCCESS"},
		{`null`, "JOB_START JOB_COMPLETE JOB_SUCCESS"},
		{`{"webhook":"complete"}`, "JOB_COMPLETE"},
		{`{"event":"JOB_START"}`, "JOB_START"},
		{`{"limit":2}`, "JOB_START JOB_COMPLETE"},
		{`{"after":"` + b.history(run.GetID())[0].DeliveryID + `"}`, "JOB_COMPLETE JOB_SUCCESS"},
		{`{"webhook":"nobody"}`, ""},
	} {
		records, err := ask(json.RawMessage(c.argument))
		require.NoError(t, err)
		var events []string
		for _, record := range records {
			events = append(events, record.Event)
		}
		require.Equal(t, c.events, strings.Join(events, " "), c.argument)
	}
	for argument, why := range map[string]string{`{"webhok":"x"}`: "webhok", `"text"`: "object", `{"limit":-1}`: "limit",
		`{"after":"dlv_none"}`: "dlv_none"} {
		_, err := ask(json.RawMessage(argument))
		require.ErrorContains(t, err, why)
	}
}
