package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

const (
	changeAdmin = "admin-key=1-0123456789"
	changeRun   = "run-key-0123456789"
)

// After a registered webhook is corrected, its waiting deliveries are sent under the same ids
// and with the same bodies, signed with its current settings.
func TestMendedWebhookGetsWhatWaits(t *testing.T) {
	t.Parallel()
	b := setup(t, "LATCH_SECRET_OLD", "old-value-of-it", "LATCH_SECRET_NEW", "new-value-of-it")
	s := b.serve("LATCH_API_KEYS", apiKeys)
	const retry = `"event":"JOB_SUCCESS","retry":{"initial_interval":"500ms","backoff_coefficient":1}`
	s.register("mail", `{"url":"{R}/mistyped/${job.id}","secret":"old","body":{"job":"${job.id}"},`+retry+`}`)
	release := make(chan struct{})
	b.receiver.Script("/mistyped/j", receiver.Status(503), receiver.Answer{Status: 503, Hold: release}, receiver.Status(503))
	run := b.startJob("j", `{"id":"j","task":{"http":{"url":"{R}/work"}}}`)
	b.arrives("/mistyped/j", 2)
	s.register("mail", `{"url":"{R}/right/${job.id}","secret":"new","body":{"job":"another"},`+retry+`}`)
	close(release)

	record := recordOf(t, b.succeeds(run).History, "mail")
	require.Equal(t, latch.ResultPass, record.Result, record.Error)
	require.Equal(t, 3, record.Attempts, "the next attempt went by what is registered now")
	require.True(t, strings.HasSuffix(record.Request.URL, "/right/j"), record.Request.URL)
	first, last := b.arrives("/mistyped/j", 2)[0], b.arrives("/right/j", 1)[0]
	require.Equal(t, first.Header.Get("Webhook-Id"), last.Header.Get("Webhook-Id"))
	require.Equal(t, "old-value-of-it", first.Header.Get("X-Latch-Secret"))
	require.Equal(t, "new-value-of-it", last.Header.Get("X-Latch-Secret"))
	require.Equal(t, "j", body(t, last)["job"], "what is said stays as it was")
	require.Equal(t, map[string]int{"mistyped/j": 2, "right/j": 1, "work": 1}, b.came("/"))
}

// A receiver is cut off: the deliveries that wait for it end, handed over or not, and nobody is
// notified. Redeliveries are refused as long as it is cut off.
func TestDisabledWebhookGetsNothingMore(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.serve("LATCH_API_KEYS", apiKeys)
	// The run hands over ten seconds after its end, long before the next attempt.
	s.register("leaked", `{"url":"{R}/leaked","events":[{"event":"JOB_SUCCESS"},{"event":"DELIVERY_EXHAUSTED"}],
		"retry":{"initial_interval":"30s"}}`)
	b.receiver.Script("/leaked", receiver.Status(503))
	result := b.succeeds(b.startJob("j", `{"id":"j","task":{"http":{"url":"{R}/work"}},
		"webhooks":[{"id":"ops","url":"{R}/ops","event":"DELIVERY_EXHAUSTED"}]}`))
	handed := recordOf(t, result.History, "leaked")
	require.NotEmpty(t, handed.HandedTo)
	s.as(changeAdmin, "POST", "/latch/v1/webhooks/leaked/disable", "").read(t, 200, nil)

	ended := func(workflowID, runID, reason string) latch.Record {
		var record latch.Record
		require.NoError(t, shared.client.GetWorkflow(b.ctx, workflowID, runID).Get(b.ctx, &record))
		require.Equal(t, latch.ResultFail, record.Result)
		require.Contains(t, record.Error, `not sent again: the registered webhook "leaked" `+reason)
		return record
	}
	require.Equal(t, 1, ended(handed.HandedTo, "", "was disabled").Attempts)
	_, err := shared.client.DescribeWorkflowExecution(b.ctx, "operator-"+handed.DeliveryID, "")
	var missing *serviceerror.NotFound
	require.ErrorAs(t, err, &missing, "nobody is told of what an operator ended")

	again := func() redelivery {
		var got redelivery
		require.Eventually(t, func() bool { // until Temporal's list contains the run
			reply := s.as(changeRun, "POST", redeliverPath(handed.DeliveryID), "")
			if reply.status == 202 {
				reply.read(t, 202, &got)
			}
			return reply.status == 202
		}, patience, tick)
		return got
	}
	refused := again()
	require.Zero(t, ended(refused.WorkflowID, refused.RunID, "was disabled").Attempts)
	s.as(changeAdmin, "DELETE", "/latch/v1/webhooks/leaked", "").read(t, 204, nil)
	refused = again()
	ended(refused.WorkflowID, refused.RunID, "was deleted")
	require.Equal(t, map[string]int{"leaked": 1, "work": 1}, b.came("/"))

	s.register("leaked", `{"url":"{R}/mended","event":"JOB_SUCCESS"}`)
	sent := again()
	var record latch.Record
	require.NoError(t, shared.client.GetWorkflow(b.ctx, sent.WorkflowID, sent.RunID).Get(b.ctx, &record))
	require.Equal(t, latch.ResultPass, record.Result)
	require.Equal(t, handed.DeliveryID, b.arrives("/mended", 1)[0].Header.Get("Webhook-Id"))
}

// A gate whose webhook is disabled while it waits follows on_error, and does not open.
func TestDisabledGateGoesByOnError(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.serve("LATCH_API_KEYS", apiKeys)
	s.register("tests", `{"url":"{R}/tests","retry":{"initial_interval":"500ms"},
		"events":[{"event":"BEFORE_RELEASE","stop_release":"history.data[?'stop'].orValue(false)"}]}`)
	hold := make(chan struct{})
	b.receiver.Script("/tests", receiver.Answer{Status: 503, Hold: hold}, receiver.Status(503))
	run := b.startSpec(latch.WorkflowRelease, "r", `{"id":"r","steps":[{"name":"a","do":{"http":{"url":"{R}/work"}}}]}`)
	b.arrives("/tests", 1)
	s.as(changeAdmin, "POST", "/latch/v1/webhooks/tests/disable", "").read(t, 200, nil)
	close(hold)
	var result latch.ReleaseResult
	require.NoError(t, run.Get(b.ctx, &result))
	require.Equal(t, latch.ReleaseStopped, result.Status)
	require.Contains(t, result.Reason, "was disabled")
	require.Equal(t, map[string]int{"tests": 1}, b.came("/"))
}
