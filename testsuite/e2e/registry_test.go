package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/admission"
	"github.com/latch-run/latch/internal/cron"
	"github.com/latch-run/latch/internal/registry"
	"github.com/latch-run/latch/testsuite/receiver"
)

// registry returns the registry of the test's own task queue.
func (b *bench) registry() *registry.Store {
	return registry.New(registry.Options{Service: func() workflowservice.WorkflowServiceClient { return shared.client.WorkflowService() },
		Namespace: client.DefaultNamespace, TaskQueue: b.queue})
}

// jobID returns an id that no other test uses.
func (b *bench) jobID(name string) string { return name + "-" + b.queue }

// register registers a job from JSON, in which {R} stands for the receiver and {Q} for the
// suffix of ids.
func (b *bench) register(spec string) *registry.Entry {
	b.Helper()
	job, err := admission.DecodeJob([]byte(strings.ReplaceAll(b.spec(spec), "{Q}", b.queue)))
	require.NoError(b, err)
	entry, err := b.registry().Create(b.ctx, registry.Definition{ID: job.ID, Job: job})
	require.NoError(b, err)
	b.Cleanup(func() {
		_ = shared.client.ScheduleClient().GetHandle(context.Background(), "latch-job-"+job.ID).Delete(context.Background())
	})
	return entry
}

// trigger makes Temporal run the job's schedule, like `temporal schedule trigger` and Temporal
// UI.
func (b *bench) trigger(id string) {
	b.Helper()
	require.NoError(b, shared.client.ScheduleClient().GetHandle(b.ctx, "latch-job-"+id).Trigger(b.ctx, client.ScheduleTriggerOptions{}))
}

// closed waits until the job's last run has closed. If a run is given, it waits for a later
// one.
func (b *bench) closed(id string, after *registry.Run) *registry.Run {
	b.Helper()
	var last *registry.Run
	require.EventuallyWithT(b, func(c *assert.CollectT) {
		run, err := b.registry().LastRun(b.ctx, id)
		require.NoError(c, err)
		require.NotNil(c, run, "job %s has not run", id)
		require.NotEqual(c, latch.JobRunning, run.Status)
		require.True(c, after == nil || run.RunID != after.RunID, "job %s has not run again", id)
		last = run
	}, patience, tick)
	return last
}

// "A job triggered in Temporal UI or by `temporal schedule trigger` is the
// same run with the same hooks."
func TestTriggeredJobIsTheSameRun(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.jobID("nightly")
	b.register(`{"id":"nightly-{Q}","title":"Nightly","task":{"http":{"url":"{R}/work"}},
		"webhooks":[{"id":"told","url":"{R}/told","event":"JOB_SUCCESS"}]}`)
	b.trigger(id)
	run := b.closed(id, nil)
	require.Equal(t, latch.JobSucceeded, run.Status, run.Error)
	require.Equal(t, "told", recordOf(t, b.history("job-"+id), "told").Webhook)
	require.Len(t, b.receiver.Requests("/work"), 1)
}

// "One run of a job at a time": if a run is open, the trigger is skipped, and recorded.
func TestTriggerOfARunningJobIsSkipped(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.jobID("held")
	entry := b.register(`{"id":"held-{Q}","task":{"http":{"url":"{R}/work"}},
		"webhooks":[{"id":"gate","events":[{"event":"JOB_START","blocking":true}]}]}`)
	runID, err := b.registry().Start(b.ctx, entry, "", nil)
	require.NoError(t, err)
	run := shared.client.GetWorkflow(b.ctx, "job-"+id, runID)
	lock := b.awaitLock(run)

	var result latch.TriggerResult
	trigger := b.start(latch.WorkflowTrigger, "trigger", `{"id":"`+id+`"}`)
	require.NoError(t, trigger.Get(b.ctx, &result))
	require.True(t, result.Skipped)
	require.Contains(t, result.Reason, "job-"+id+" is running")

	_, err = b.registry().Start(b.ctx, entry, "", nil)
	require.ErrorContains(t, err, "already")
	b.removeLock(run, latch.LockRelease{Lock: lock.Token})
	require.Equal(t, latch.JobSucceeded, b.closed(id, nil).Status)
}

// "A string in jobs names a registered job, resolved when it starts": each
// with its own webhooks and kvp.
func TestSequenceNamesRegisteredJobs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.receiver.Script("/extract", receiver.JSON(200, `{"rows":7}`))
	b.register(`{"id":"extract-{Q}","task":{"http":{"url":"{R}/extract"}},
		"webhooks":[{"id":"own","url":"{R}/own","event":"JOB_SUCCESS","body":{"rows":"${job.status.kvp.rows}"}}]}`)
	spec := strings.ReplaceAll(`{"id":"all",
		"jobs":["extract-{Q}",
			{"id":"load","task":{"http":{"url":"{R}/load/${jobs['extract-{Q}'].kvp.rows}"}}}]}`, "{Q}", b.queue)
	result := b.succeeds(b.startJob("all", spec))
	require.Equal(t, []string{b.jobID("extract"), "load"}, []string{result.Jobs[0].ID, result.Jobs[1].ID})
	require.JSONEq(t, `{"rows":7}`, string(b.arrives("/own", 1)[0].Body))
	b.arrives("/load/7", 1)
}

// An unregistered name is reported before anything happens, with its path.
func TestSequenceNamesAnUnknownJob(t *testing.T) {
	t.Parallel()
	b := setup(t)
	run := b.startJob("all", `{"id":"all","jobs":[{"id":"load","task":{"http":{"url":"{R}/load"}}},"no-such-job"]}`)
	err := run.Get(b.ctx, nil)
	require.Equal(t, latch.ErrorInvalidSpec, kindOf(err))
	require.Contains(t, messageOf(err), `jobs[1]: "no-such-job" names no registered job`)
	require.Empty(t, b.receiver.Requests("/load"))
}

// Sequences that name each other end with an error instead of running for ever.
func TestSequencesThatContainEachOther(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.register(`{"id":"left-{Q}","task":{"http":{"url":"{R}/left"}}}`)
	b.register(`{"id":"right-{Q}","jobs":["left-{Q}"]}`)
	_, err := b.registry().Update(b.ctx, b.jobID("left"), func(d *registry.Definition) error {
		d.Job.Task, d.Job.Jobs = nil, []latch.SequenceJob{{Registered: b.jobID("right")}}
		return nil
	})
	require.NoError(t, err)
	b.trigger(b.jobID("left"))
	run := b.closed(b.jobID("left"), nil)
	require.Equal(t, latch.JobFailed, run.Status)
	require.Contains(t, run.Error, "contain each other")
}

// A job with `after` runs after each run of that job, whatever its outcome,
// unless it is paused.
func TestJobRunsAfterAnother(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.receiver.Script("/first", receiver.Status(500))
	b.register(`{"id":"first-{Q}","task":{"http":{"url":"{R}/first"}}}`)
	b.register(`{"id":"second-{Q}","schedule":{"after":"first-{Q}"},"task":{"http":{"url":"{R}/second"}}}`)
	b.register(`{"id":"third-{Q}","schedule":{"after":"second-{Q}"},"task":{"http":{"url":"{R}/third"}}}`)
	b.trigger(b.jobID("first"))
	require.Equal(t, latch.JobFailed, b.closed(b.jobID("first"), nil).Status)
	third := b.closed(b.jobID("third"), nil)

	_, err := b.registry().Pause(b.ctx, b.jobID("third"), true)
	require.NoError(t, err)
	second := b.closed(b.jobID("second"), nil)
	b.trigger(b.jobID("second"))
	b.closed(b.jobID("second"), second)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		run, err := b.registry().LastRun(b.ctx, b.jobID("second"))
		require.NoError(c, err)
		value := shared.client.GetWorkflow(b.ctx, "latch-trigger-"+b.jobID("third")+"-after-"+run.RunID, "")
		var result latch.TriggerResult
		require.NoError(c, value.Get(b.ctx, &result))
		require.Equal(c, "the job is paused", result.Reason)
	}, patience, tick)
	last, err := b.registry().LastRun(b.ctx, b.jobID("third"))
	require.NoError(t, err)
	require.Equal(t, third.RunID, last.RunID)
}

// The registry refuses invalid entries, and names the field.
func TestRegistryRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	store := b.registry()
	task := `"task":{"http":{"url":"{R}/x"}}`
	b.register(`{"id":"a-{Q}",` + task + `}`)
	b.register(`{"id":"b-{Q}","schedule":{"after":"a-{Q}"},` + task + `}`)

	create := func(spec string) error {
		job, err := admission.DecodeJob([]byte(strings.ReplaceAll(b.spec(spec), "{Q}", b.queue)))
		require.NoError(t, err)
		_, err = store.Create(b.ctx, registry.Definition{ID: job.ID, Job: job})
		return err
	}
	require.ErrorIs(t, create(`{"id":"a-{Q}",`+task+`}`), registry.ErrExists)
	require.ErrorContains(t, create(`{"id":"c-{Q}","schedule":"at noon",`+task+`}`), "schedule")
	require.ErrorContains(t, create(`{"id":"c-{Q}","schedule":{"after":"nobody"},`+task+`}`),
		`schedule.after: "nobody" names no registered job`)
	require.ErrorContains(t, store.Delete(b.ctx, b.jobID("a")), b.jobID("b"))
	_, err := store.Update(b.ctx, b.jobID("a"), func(d *registry.Definition) error {
		d.Job.Schedule = &latch.Schedule{After: b.jobID("b")}
		return nil
	})
	require.ErrorContains(t, err, "in a circle")
	_, err = store.Get(b.ctx, "nobody")
	require.ErrorIs(t, err, registry.ErrUnknown)
	require.ErrorIs(t, store.Delete(b.ctx, "nobody"), registry.ErrUnknown)
}

// Many concurrent writers all succeed.
func TestRegistryChangesSideBySide(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.register(`{"id":"shared-{Q}","task":{"http":{"url":"{R}/x"}}}`).ID
	const writers = 16
	failures := make(chan error, writers)
	for i := range writers {
		go func() {
			_, err := b.registry().Update(b.ctx, id, func(d *registry.Definition) error {
				job := *d.Job
				job.Tags = append(slices.Clone(job.Tags), string(rune('a'+i)))
				d.Job = &job
				return nil
			})
			failures <- err
		}()
	}
	for range writers {
		require.NoError(t, <-failures)
	}
	entry, err := b.registry().Get(b.ctx, id)
	require.NoError(t, err)
	require.ElementsMatch(t, strings.Split("abcdefghijklmnop", ""), entry.Job.Tags)
}

// Lists describe a job without reading its definition, and tolerate a schedule's note from
// somebody else.
func TestRegistryLists(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.register(`{"id":"timed-{Q}","title":"Nightly","tags":["etl"],"schedule":{"cron":"0 3 * * *","timezone":"Europe/Berlin"},
		"task":{"http":{"url":"{R}/x"}},"webhooks":[{"id":"w","url":"{R}/w","event":"JOB_SUCCESS"}]}`)
	b.register(`{"id":"untimed-{Q}","task":{"http":{"url":"{R}/x"}}}`)
	require.NoError(t, shared.client.ScheduleClient().GetHandle(b.ctx, "latch-job-"+b.jobID("timed")).
		Pause(b.ctx, client.SchedulePauseOptions{Note: "freeze"}))

	listed := func() map[string]registry.Row {
		rows, err := b.registry().List(b.ctx)
		require.NoError(t, err)
		byID := map[string]registry.Row{}
		for _, row := range rows {
			byID[row.ID] = row
		}
		return byID
	}
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		row := listed()[b.jobID("timed")]
		require.Equal(c, "Nightly", row.Title)
		require.Equal(c, []string{"etl"}, row.Tags)
		require.Equal(c, []string{"w"}, row.WebhookIDs)
		require.Equal(c, "0 3 * * *", row.Schedule.Cron)
		require.True(c, row.Paused)
		require.False(c, listed()[b.jobID("untimed")].Paused)
	}, patience, tick)

	_, err := b.registry().Pause(b.ctx, b.jobID("timed"), false)
	require.NoError(t, err)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		row := listed()[b.jobID("timed")]
		require.False(c, row.Paused)
		require.False(c, row.NextTime.IsZero())
	}, patience, tick)
	entry, err := b.registry().Get(b.ctx, b.jobID("timed"))
	require.NoError(t, err)
	require.NotEmpty(t, entry.NextTimes)
	encoded, err := json.Marshal(entry.Job)
	require.NoError(t, err)
	require.Contains(t, string(encoded), `"url":"`+b.receiver.URL+`/w"`)
}

// docs/schedules.md: the times that `validate` computes are those that Temporal reports for the
// schedule.
func TestNextTimesAreTemporals(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i, schedule := range []string{
		`"0 0 3 * * *"`, `"0 5 1,15 * 5"`, `"0 0 * * 7"`, `"0 9 * * 5#2"`, `"30 0 3 * * * *"`, `"@every 7h/15m"`,
		`"@daily"`, `"CRON_TZ=Asia/Tokyo 30 2 * * mon-fri"`,
		`{"cron":"0,30 2 25-31 3,10 *","timezone":"Europe/Berlin"}`, `{"cron":"30 1 1-14 3,11 *","timezone":"America/New_York"}`,
	} {
		entry := b.register(fmt.Sprintf(`{"id":"timed-%d-{Q}","schedule":%s,"task":{"http":{"url":"{R}/x"}}}`, i, schedule))
		require.NotEmpty(t, entry.NextTimes, schedule)
		computed := cron.Next(entry.Job.Schedule, entry.NextTimes[0].Add(-time.Second), len(entry.NextTimes))
		for n, at := range entry.NextTimes {
			require.True(t, at.Equal(computed[n]), "time %d of %s: Temporal tells %s, Latch %s", n, schedule, at, computed[n])
		}
	}
}
