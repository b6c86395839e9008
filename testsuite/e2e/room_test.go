package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

// What a job would hand to Temporal may grow beyond what Temporal takes, though its input has not:
// templates grow, and so do answers. The run says so and ends, and is not in a workflow task that
// fails again and again.
func TestWhatGrowsBeyondTemporalsLimitEndsTheRun(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.receiver.Script("/large", receiver.Answer{Body: strings.Repeat("x", 3<<20)})
	fields := make([]string, 30) // of 100 KiB
	for i := range fields {
		fields[i] = fmt.Sprintf(`"f%d":"${vars.x}"`, i)
	}
	grown := "{" + strings.Join(fields, ",") + "}"
	small := func(task, webhooks string) string {
		return fmt.Sprintf(`{"id":"1","task":%s,"webhooks":[%s]}`, task, webhooks)
	}
	job := func(task, webhooks string) string {
		return fmt.Sprintf(`{"vars":{"x":"%s"},`, strings.Repeat("x", 100<<10)) + small(task, webhooks)[1:]
	}
	request := func(path, rest string) string {
		return fmt.Sprintf(`{"http":{"url":"%s%s"%s}}`, b.receiver.URL, path, rest)
	}
	const large = "it produces more than 256 KiB"
	var many []string
	for i := range 200 {
		many = append(many, fmt.Sprintf(`{"id":"w%d","url":"%s/large","event":"JOB_SUCCESS"}`, i, b.receiver.URL))
	}
	for name, test := range map[string]struct{ input, fails, record string }{
		"workflow": {job(`{"workflow":{"type":"latch.Emit","input":`+grown+`}}`, ""), large, ""},
		"activity": {job(`{"activity":{"type":"none","input":`+grown+`}}`, ""), large, ""},
		"request":  {job(request("/x", `,"body":`+grown), ""), large, ""},
		"webhook": {job(request("/x", ""), `{"id":"w","url":"`+b.receiver.URL+`/w","event":"JOB_SUCCESS","body":`+grown+`}`),
			"", large},
		"work": {job(request("/x", ""), `{"id":"w","event":"JOB_SUCCESS","workflow":{"type":"latch.Emit","input":`+grown+`}}`),
			"", large},
		"answer":  {small(request("/large", ""), ""), "", ""},
		"answers": {small(request("/x", ""), strings.Join(many, ",")), "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := b.start(latch.WorkflowJobRun, name, test.input)
			var result latch.JobResult
			err := run.Get(b.ctx, &result)
			if test.fails != "" {
				require.ErrorContains(t, err, test.fails)
			} else {
				require.NoError(t, err)
			}
			if test.record != "" {
				require.Contains(t, result.History[0].Error, test.record)
			}
			b.requireNoFailedTask(t, run)
		})
	}
}

// requireNoFailedTask checks that no workflow task of a run failed, but for those that the server
// ended since much came meanwhile.
func (b *bench) requireNoFailedTask(t *testing.T, run client.WorkflowRun) {
	t.Helper()
	events := shared.client.GetWorkflowHistory(b.ctx, run.GetID(), run.GetRunID(), false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		require.NoError(t, err)
		failed := event.GetWorkflowTaskFailedEventAttributes()
		if failed.GetCause() == enumspb.WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND {
			continue
		}
		require.Nil(t, failed, "%s: %.300s", failed.GetCause(), failed.GetFailure().GetMessage())
	}
}

// Temporal takes no input that is too large. Who starts a run with an SDK is told so, and nothing is
// started.
func TestAnInputOverTemporalsLimitStartsNothing(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	input := fmt.Sprintf(`{"id":"1","task":{"command":{"argv":["true"]}},"title":"%s"}`, strings.Repeat("x", 2<<20))
	options := client.StartWorkflowOptions{ID: "over-the-limit", TaskQueue: "nobody"}
	_, err := shared.client.ExecuteWorkflow(ctx, options, latch.WorkflowJobRun, json.RawMessage(input))
	require.ErrorContains(t, err, "exceeds")
	_, err = shared.client.DescribeWorkflowExecution(ctx, options.ID, "")
	var missing *serviceerror.NotFound
	require.ErrorAs(t, err, &missing)
}
