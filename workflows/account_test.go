package workflows_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

const skippable = `{"id":"nightly","job":{"id":"nightly","title":"Nightly","task":{"http":{"url":"$R/do"}},"webhooks":[
	{"id":"told","url":"$R/told","events":[{"event":"JOB_SKIPPED"},{"event":"JOB_MISSED"}]}]}}`

// docs/schedules.md, "What does not take place": a trigger compares Temporal's counts with
// those that the schedule's last trigger saw, and reports the difference once.
func TestTriggerAccountsForTimesThatPassed(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		by      string
		last    *latch.TriggerResult
		counted protocol.Times
		told    []string
		missed  int64
		seen    *latch.SeenTimes
	}{
		{name: "nothing was missed", by: "latch-job-nightly", last: &latch.TriggerResult{Seen: &latch.SeenTimes{Missed: 2, Skipped: 1}},
			counted: protocol.Times{Missed: 2, Skipped: 1}, seen: &latch.SeenTimes{Missed: 2, Skipped: 1}},
		{name: "two were missed", by: "latch-job-nightly", last: &latch.TriggerResult{Seen: &latch.SeenTimes{Missed: 2, Skipped: 1}},
			counted: protocol.Times{Missed: 4, Skipped: 1}, told: []string{"JOB_MISSED 2"}, missed: 2,
			seen: &latch.SeenTimes{Missed: 4, Skipped: 1}},
		{name: "some of both", by: "latch-job-nightly", last: &latch.TriggerResult{Seen: &latch.SeenTimes{}},
			counted: protocol.Times{Missed: 1, Skipped: 3}, told: []string{"JOB_MISSED 1", "JOB_SKIPPED 3"}, missed: 1,
			seen: &latch.SeenTimes{Missed: 1, Skipped: 3}},
		{name: "the first that the schedule starts", by: "latch-job-nightly", counted: protocol.Times{Missed: 1},
			told: []string{"JOB_MISSED 1"}, missed: 1,
			seen: &latch.SeenTimes{Missed: 1}},
		{name: "after a version that did not count", by: "latch-job-nightly", last: &latch.TriggerResult{}, counted: protocol.Times{Missed: 9},
			seen: &latch.SeenTimes{Missed: 9}},
		{name: "a schedule that was made again", by: "latch-job-nightly", last: &latch.TriggerResult{Seen: &latch.SeenTimes{Missed: 5}},
			counted: protocol.Times{}, seen: &latch.SeenTimes{}},
		{name: "started by hand", counted: protocol.Times{Missed: 9}},
		{name: "started by a schedule of somebody's own", by: "mine", counted: protocol.Times{Missed: 9}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, around(protocol.ActivityTimes,
				func(context.Context, func(context.Context) (any, error)) (any, error) { return test.counted, nil }))
			if test.by != "" {
				require.NoError(t, b.env.SetTypedSearchAttributesOnStart(temporal.NewSearchAttributes(
					temporal.NewSearchAttributeKeyKeyword("TemporalScheduledById").ValueSet(test.by),
					temporal.NewSearchAttributeKeyTime("TemporalScheduledStartTime").ValueSet(time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)))))
			}
			if test.last != nil {
				b.env.SetLastCompletionResult(test.last)
			}
			require.NoError(t, b.run(latch.WorkflowTrigger, skippable))
			var result latch.TriggerResult
			b.result(&result)
			require.False(t, result.Skipped)
			require.Equal(t, "job-nightly", result.WorkflowID)
			require.Equal(t, test.missed, result.Missed)
			require.Equal(t, test.seen, result.Seen)
			require.ElementsMatch(t, test.told, b.noticesTold())
		})
	}
}

// A notice has the job's variables, and a description of what did not take place as data.
func TestJobNotice(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.env.ExecuteWorkflow(latch.WorkflowJobNotice, json.RawMessage(`{"id":"nightly","title":"Nightly",
		"task":{"http":{"url":"`+b.url+`/do"}},
		"webhooks":[
			{"id":"told","url":"`+b.url+`/${job.title}","event":"JOB_SKIPPED",
				"body":{"event":"${event} ${data.count} ${data.reason}","at":"${job.started_at}"}},
			{"id":"other","url":"`+b.url+`/other","event":"JOB_START"}]}`),
		protocol.Notice{Event: latch.EventJobSkipped, Data: latch.Object{"count": json.RawMessage(`2`), "reason": json.RawMessage(`"it runs"`)}})
	require.NoError(t, b.env.GetWorkflowError())
	var result latch.EmissionResult
	b.result(&result)
	require.Equal(t, "nightly", result.ID)
	require.Len(t, result.History, 1)
	require.Equal(t, "nightly", result.History[0].Job)
	require.Equal(t, latch.EventJobSkipped, result.History[0].Event)
	require.Equal(t, []string{"JOB_SKIPPED 2 it runs"}, b.received(), "the work is not done")
}

// A notice that was started by hand is refused, because it would fire one of Latch's own
// events.
func TestJobNoticeTakesNoOtherEvent(t *testing.T) {
	t.Parallel()
	for name, notice := range map[string]any{"none": nil, "text": "JOB_SKIPPED", "another": protocol.Notice{Event: latch.EventJobSuccess}} {
		b := setup(t)
		b.env.ExecuteWorkflow(latch.WorkflowJobNotice, json.RawMessage(`{"id":"j","task":{"http":{"url":"`+b.url+`"}}}`), notice)
		var application *temporal.ApplicationError
		require.ErrorAs(t, b.env.GetWorkflowError(), &application, name)
		require.Equal(t, latch.ErrorInvalidSpec, application.Type(), name)
	}
}

// contract, "Job": a job that follows another after one outcome is not started after the other
// outcome, nor after an unknown one.
func TestTriggerFollowsAfterTheOutcome(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ after, outcome, reason string }{
		{`"dump"`, "success", ""}, {`"dump"`, "failure", ""}, {`"dump"`, "", ""}, {`{"job":"dump","on":"any"}`, "failure", ""},
		{`{"job":"dump","on":"success"}`, "success", ""},
		{`{"job":"dump","on":"success"}`, "failure", "the job runs after success of dump, which ended in failure"},
		{`{"job":"dump","on":"failure"}`, "failure", ""},
		{`{"job":"dump","on":"failure"}`, "success", "the job runs after failure of dump, which ended in success"},
		{`{"job":"dump","on":"success"}`, "", "the job runs after success of dump, which ended in a way that is not known"},
	} {
		t.Run(test.after+" "+test.outcome, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.env.OnWorkflow(latch.WorkflowJobRun, mock.Anything, mock.Anything, mock.Anything, mock.Anything).
				Return(&latch.JobResult{}, nil).Maybe()
			require.NoError(t, b.run(latch.WorkflowTrigger, `{"id":"load","after":"dump","outcome":"`+test.outcome+`",
				"job":{"id":"load","schedule":{"after":`+test.after+`},"task":{"http":{"url":"$R/do"}}}}`))
			var result latch.TriggerResult
			b.result(&result)
			require.Equal(t, test.reason, result.Reason)
			require.Equal(t, test.reason != "", result.Skipped)
		})
	}
}
