package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

// contract, "Responses" and "Webhook": a retry has the same id and content, except for attempt,
// timestamp and signature. Other failures are permanent. All attempts after a volley's belong
// to one activity.
func TestDeliveryRetries(t *testing.T) {
	t.Parallel()
	b := setup(t, "LATCH_SECRET_KEY", "key")
	const quick = `"retry":{"initial_interval":"20ms","maximum_attempts":3}`
	cases := []struct {
		name     string
		answers  []receiver.Answer
		requests int
		result   string
		err      string
	}{
		{"twice-500", []receiver.Answer{receiver.Status(500), receiver.Status(503), receiver.JSON(200, `{"ok":true}`)}, 3, "pass", ""},
		{"408-425", []receiver.Answer{receiver.Status(408), receiver.Status(425), {}}, 3, "pass", ""},
		{"exhausted", []receiver.Answer{receiver.Status(502)}, 3, "fail", "502"},
		{"410", []receiver.Answer{receiver.Status(410)}, 1, "fail", "gone"},
		{"404", []receiver.Answer{receiver.Status(404)}, 1, "fail", "404"},
		{"302", []receiver.Answer{{Status: 302, Header: map[string][]string{"Location": {"/elsewhere"}}}}, 1, "fail", "302"},
	}
	var hooks []string
	for _, c := range cases {
		b.receiver.Script("/"+c.name, c.answers...)
		hooks = append(hooks, fmt.Sprintf(`{"id":%q,"url":"{R}/%[1]s","event":"JOB_SUCCESS","secret":"key",%s}`, c.name, quick))
	}
	run := b.startJob("retries", jobWith("retries", strings.Join(hooks, ",")))
	result := b.succeeds(run)
	again := 0
	for _, c := range cases {
		if c.requests > 1 {
			again++
		}
		t.Run(c.name, func(t *testing.T) {
			record := recordOf(t, result.History, c.name)
			require.Equal(t, c.result, record.Result, record.Error)
			require.Equal(t, c.requests, record.Attempts)
			require.Contains(t, record.Error, c.err)
			requests := b.receiver.Requests("/" + c.name)
			require.Len(t, requests, c.requests)
			first := body(t, requests[0])
			for i, request := range requests {
				sent := body(t, request)
				require.Equal(t, record.DeliveryID, request.Header.Get("Webhook-Id"))
				require.EqualValues(t, i+1, sent["attempt"])
				for _, changes := range []string{"attempt", "timestamp"} {
					sent[changes] = first[changes]
				}
				require.Equal(t, first, sent, "what is rendered is the same for every attempt")
			}
		})
	}
	require.Zero(t, b.came("")["/elsewhere"], "a redirect is not followed")
	require.Equal(t, 3*again, activityEvents(b, run, latch.ActivitySendWebhook), "all attempts after the first belong to one activity")
}

// contract, "Responses": a lost answer is retried with the same id.
func TestDeliveryWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	b := setup(t)
	loses := receiver.New(t)
	loses.Script("/hook", receiver.Answer{Drop: true}, receiver.Answer{})
	result := b.succeeds(b.startJob("lost",
		jobWith("lost", `{"id":"lost","url":"`+loses.URL+`/hook","event":"JOB_SUCCESS","retry":{"initial_interval":"20ms"}}`)))
	record := recordOf(t, result.History, "lost")
	require.Equal(t, latch.ResultPass, record.Result)
	require.Equal(t, 2, record.Attempts)
	requests := loses.Requests("/hook")
	require.Len(t, requests, 2)
	for i, request := range requests {
		require.Equal(t, record.DeliveryID, request.Header.Get("Webhook-Id"))
		require.Equal(t, record.DeliveryID, request.Header.Get("Idempotency-Key"))
		require.EqualValues(t, i+1, body(t, request)["attempt"])
	}
}

// activityEvents counts the history events of activities of a type.
func activityEvents(b *bench, run client.WorkflowRun, kind string) int {
	b.Helper()
	events := b.events(run)
	of := map[int64]bool{}
	count := 0
	for _, event := range events {
		if attributes := event.GetActivityTaskScheduledEventAttributes(); attributes != nil && attributes.GetActivityType().GetName() == kind {
			of[event.GetEventId()] = true
			count++
		}
		for _, scheduledBy := range []int64{
			event.GetActivityTaskStartedEventAttributes().GetScheduledEventId(),
			event.GetActivityTaskCompletedEventAttributes().GetScheduledEventId(),
			event.GetActivityTaskFailedEventAttributes().GetScheduledEventId(),
			event.GetActivityTaskTimedOutEventAttributes().GetScheduledEventId(),
			event.GetActivityTaskCanceledEventAttributes().GetScheduledEventId(),
		} {
			if of[scheduledBy] {
				count++
			}
		}
	}
	return count
}

// A delivery costs at most 6 history events, including the verdict.
func TestDeliveryCostsAtMostSixEvents(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.receiver.Script("/hook", receiver.JSON(200, `{"score":9}`))
	length := map[int]int{}
	for _, n := range []int{1, 20} {
		var hooks []string
		for i := range n {
			hooks = append(hooks, fmt.Sprintf(`{"id":"hook-%d","url":"{R}/hook",
				"events":[{"event":"JOB_SUCCESS","result":"history.data.score > 5 ? 'pass' : 'fail'"}]}`, i))
		}
		run := b.startJob(fmt.Sprintf("cost-%d", n), jobWith("cost", strings.Join(hooks, ",")))
		result := b.succeeds(run)
		require.Len(t, result.History, n)
		for _, record := range result.History {
			require.Equal(t, latch.ResultPass, record.Result)
		}
		require.LessOrEqual(t, activityEvents(b, run, latch.ActivitySendWebhook), 3*n)
		length[n] = costOf(b, run)
	}
	require.LessOrEqual(t, length[20]-length[1], 6*19, "history lengths %v", length)
}

// costOf counts a run's history events. A workflow task counts once for all of its attempts: on
// a busy machine it may have several.
func costOf(b *bench, run client.WorkflowRun) int {
	b.Helper()
	count := 0
	for _, event := range b.events(run) {
		switch event.GetEventType() {
		case enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
			count += 3 // it was scheduled and started
		case enums.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED, enums.EVENT_TYPE_WORKFLOW_TASK_STARTED,
			enums.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT, enums.EVENT_TYPE_WORKFLOW_TASK_FAILED:
		default:
			count++
		}
	}
	return count
}

// contract, "Responses": Retry-After is never shortened, and one beyond the deadline ends the
// delivery.
func TestDeliveryHonoursRetryAfter(t *testing.T) {
	t.Parallel()
	b := setup(t)
	asks := func(seconds string) receiver.Answer {
		return receiver.Answer{Status: 429, Header: map[string][]string{"Retry-After": {seconds}}}
	}
	b.receiver.Script("/soon", asks("2"), receiver.Answer{})
	b.receiver.Script("/late", asks("3600"))
	result := b.succeeds(b.startJob("retry-after", jobWith("retry-after", `
		{"id":"soon","url":"{R}/soon","event":"JOB_START","retry":{"initial_interval":"10ms","maximum_interval":"20ms"}},
		{"id":"late","url":"{R}/late","event":"JOB_SUCCESS","retry":{"deadline":"10m"}}`)))
	soon := b.receiver.Requests("/soon")
	require.Len(t, soon, 2)
	require.GreaterOrEqual(t, soon[1].At.Sub(soon[0].At), 2*time.Second)
	record := recordOf(t, result.History, "soon")
	require.Equal(t, latch.ResultPass, record.Result)
	require.InDelta(t, 2100, record.Tries[0].RetryInMS, 101, "the wait that was chosen: what was asked for, and jitter")
	late := recordOf(t, result.History, "late")
	require.Equal(t, latch.ResultFail, late.Result)
	require.Equal(t, 1, late.Attempts)
	require.Contains(t, late.Error, "deadline")
}

// contract, "Responses": an address that is not public is refused unless it is allowed, in
// every spelling, with its class and the name of the setting.
func TestDeliveryRefusesPrivateAddresses(t *testing.T) {
	t.Parallel()
	b := setup(t, "LATCH_EGRESS_ALLOW", "", "LATCH_ALLOW_COMMANDS", "true")
	port := b.receiver.Address[strings.LastIndex(b.receiver.Address, ":"):]
	hosts := []string{"127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "0.0.0.0", "LOCALHOST."}
	var hooks []string
	for i, host := range hosts {
		hooks = append(hooks, fmt.Sprintf(`{"id":"h%d","url":"http://%s%s/hook","event":"JOB_SUCCESS"}`, i, host, port))
	}
	run := b.startJob("private", `{"id":"private","task":{"command":{"argv":["true"]}},"webhooks":[`+strings.Join(hooks, ",")+`]}`)
	task := b.startJob("task", `{"id":"task","task":{"http":{"url":"{R}/task","retry":{}}}}`)
	result := b.succeeds(run)
	for i, host := range hosts {
		record := recordOf(t, result.History, fmt.Sprintf("h%d", i))
		require.Equal(t, latch.ResultFail, record.Result, host)
		require.Equal(t, 1, record.Attempts, host)
		require.Contains(t, record.Error, "LATCH_EGRESS_ALLOW", host)
		class := "loopback"
		if host == "0.0.0.0" {
			class = "unspecified"
		}
		require.Contains(t, record.Error, class, host)
	}
	require.Contains(t, b.failsAs(task, latch.JobFailed).Error, "LATCH_EGRESS_ALLOW")
	require.Empty(t, b.receiver.Requests(""))
}

// contract, "How long a run stays open": deliveries that have not settled when the run closes
// are handed, between two attempts, to latch.Deliver.
func TestDeliveryIsHandedOver(t *testing.T) {
	t.Parallel()
	b := setup(t, "LATCH_ALLOW_COMMANDS", "true", "LATCH_SECRET_KEY", "key")
	down := receiver.New(t)
	require.NoError(t, down.Stop())
	asking := make(chan struct{})
	b.receiver.Script("/asks", receiver.Answer{Hold: asking, Status: 503,
		Header: map[string][]string{"Retry-After": {"40"}}}, receiver.Answer{})
	finishing, failing := make(chan struct{}), make(chan struct{})
	b.receiver.Script("/finishing", receiver.Status(503), receiver.Answer{Hold: finishing})
	b.receiver.Script("/failing", receiver.Status(503), receiver.Answer{Hold: failing, Status: 503}, receiver.Answer{})
	const every = unhurried + `,"retry":{"initial_interval":"1s","backoff_coefficient":1}`
	run := b.startJob("handed", `{"id":"handed","task":{"command":{"argv":["true"]}},"webhooks":[
		{"id":"dead","url":"`+down.URL+`/hook","event":"JOB_SUCCESS","secret":"key",`+every+`},
		{"id":"finishing","url":"{R}/finishing","event":"JOB_SUCCESS",`+every+`},
		{"id":"failing","url":"{R}/failing","event":"JOB_SUCCESS",`+every+`},
		{"id":"asks","url":"{R}/asks","event":"JOB_SUCCESS",`+every+`}]}`)
	b.arrives("/finishing", 2)
	b.arrives("/failing", 2)
	id := recordOf(t, b.history(run.GetID()), "dead").DeliveryID
	require.Eventually(t, func() bool { return len(b.loggedAttempts(id)) > 1 }, patience, tick)
	close(asking)                       // the last first attempt: the run stays open for 10 s more
	require.Eventually(t, func() bool { // the run closes: it asks its deliveries to end between two attempts
		for _, event := range b.events(run) {
			if event.GetEventType() == enums.EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED {
				return true
			}
		}
		return false
	}, patience, tick)
	require.Equal(t, enums.WORKFLOW_EXECUTION_STATUS_RUNNING, b.closedAs(run), "an attempt in flight is let finish")
	close(finishing)
	close(failing)
	result := b.succeeds(run)

	require.Equal(t, latch.ResultPass, recordOf(t, result.History, "finishing").Result)
	require.Equal(t, 2, recordOf(t, result.History, "finishing").Attempts)
	require.Empty(t, recordOf(t, result.History, "finishing").HandedTo)
	require.Len(t, b.receiver.Requests("/finishing"), 2)

	dead, failed := recordOf(t, result.History, "dead"), recordOf(t, result.History, "failing")
	for _, record := range []latch.Record{dead, failed} {
		require.Equal(t, latch.ResultPending, record.Result)
		require.NotEmpty(t, record.HandedTo)
		require.NotEmpty(t, record.Error)
		require.True(t, record.CompletedAt.IsZero())
	}
	require.Equal(t, 2, failed.Attempts)
	require.Greater(t, dead.Attempts, 1)
	require.Equal(t, latch.ResultPending, b.history(dead.HandedTo)[0].Result)

	require.NoError(t, down.Start())
	final := b.finalRecord(dead.HandedTo)
	require.Equal(t, dead.DeliveryID, final.DeliveryID)
	require.Equal(t, latch.ResultPass, final.Result)
	require.Empty(t, final.HandedTo)
	require.Equal(t, run.GetID(), final.WorkflowID)
	arrived := down.Requests("/hook")
	require.Len(t, arrived, 1)
	require.Equal(t, dead.DeliveryID, arrived[0].Header.Get("Webhook-Id"))
	require.EqualValues(t, final.Attempts, body(t, arrived[0])["attempt"])
	require.Equal(t, counting(1, final.Attempts), b.loggedAttempts(dead.DeliveryID), "attempt numbers go on without gap or repeat")

	final = b.finalRecord(failed.HandedTo)
	require.Equal(t, 3, final.Attempts)
	require.Equal(t, latch.ResultPass, final.Result)
	require.Len(t, b.receiver.Requests("/failing"), 3)
	require.Equal(t, counting(1, 3), b.loggedAttempts(failed.DeliveryID))

	final = b.finalRecord(recordOf(t, result.History, "asks").HandedTo)
	asks := b.receiver.Requests("/asks")
	require.Equal(t, 2, final.Attempts)
	require.Len(t, asks, 2)
	require.GreaterOrEqual(t, asks[1].At.Sub(asks[0].At), 40*time.Second, "the child waits as long as the receiver asked for")
}

// finalRecord waits for a latch.Deliver and returns the record from its query history.
func (b *bench) finalRecord(id string) latch.Record {
	b.Helper()
	var result latch.Record
	require.NoError(b, shared.client.GetWorkflow(b.ctx, id, "").Get(b.ctx, &result))
	records := b.history(id)
	require.Len(b, records, 1)
	require.Equal(b, result, records[0])
	return records[0]
}
