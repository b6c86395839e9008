package workflows_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// at is a time that the test environment starts at.
func at(t *testing.T, text string) time.Time {
	t.Helper()
	parsed, err := time.Parse(time.RFC3339, text)
	require.NoError(t, err)
	return parsed
}

// Contract, "Templates": now is the time at which the event fired, so that a gate can be left
// out depending on the local time of a place.
func TestNotOnFridaysAfterFourInBerlin(t *testing.T) {
	t.Parallel()
	for start, want := range map[string]string{
		"2026-07-03T13:30:00Z": latch.ResultSkipped, // 15:30 in Berlin
		"2026-07-03T14:30:00Z": latch.ResultPass,
		"2026-01-02T14:30:00Z": latch.ResultSkipped, // 15:30 in winter
		"2026-07-02T14:30:00Z": latch.ResultSkipped, // a Thursday
	} {
		t.Run(start, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.env.SetStartTime(at(t, start))
			require.NoError(t, b.run(latch.WorkflowRelease, `{"id":"r","steps":[{"name":"a","do":{"http":{"url":"$R/do"}}}],"webhooks":[
				{"id":"weekend","url":"$R/w","events":[{"event":"BEFORE_RELEASE",
					"when":"now.getDayOfWeek('Europe/Berlin') == 5 && now.getHours('Europe/Berlin') >= 16"}]}]}`))
			var result latch.ReleaseResult
			b.result(&result)
			require.Equal(t, want, result.History[0].Result, result.History[0].Error)
		})
	}
}

// told is the output of the templates.
type told struct {
	Event, Now, Run, Release, Job, Status string
	Since                                 string
}

func (b *bench) told(event string) (all told) {
	b.Helper()
	require.NoError(b, json.Unmarshal([]byte(b.bodies(event)), &all))
	return all
}

// Contract, "Templates": the times of a release, in webhooks, expressions and tasks.
func TestTimesOfARelease(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.env.SetStartTime(at(t, "2026-07-03T12:00:00.123Z"))
	const times = `"now":"${now}","run":"${run.started_at}","release":"${release.started_at}"`
	require.NoError(t, b.run(latch.WorkflowRelease, `{"id":"r",
		"steps":[{"name":"do","do":{"http":{"url":"$R/do",
			"body":{"event":"step",`+times+`,"since":"${string(now - run.started_at >= duration('90m'))}"}}}}],
		"webhooks":[
			{"id":"gate","events":[{"event":"BEFORE_RELEASE","blocking":true,"lock_timeout":"90m",
				"on_timeout":"continue"}]},
			{"id":"w","url":"$R/w","events":[
				{"event":"BEFORE_RELEASE","body":{"event":"begins",`+times+`}},
				{"event":"BEFORE_RELEASE_COMPLETE","when":"now - release.started_at >= duration('90m')",
					"stop_release":"now < timestamp('2026-07-03T13:30:00Z')",
					"body":{"event":"ends",`+times+`}}]}]}`))
	var result latch.ReleaseResult
	b.result(&result)
	require.Equal(t, latch.ReleaseReleased, result.Status, result.Reason)

	const start = "2026-07-03T12:00:00.123Z"
	require.Equal(t, told{Event: "begins", Now: start, Run: start, Release: start}, b.told("begins"))
	step, ends := b.told("step"), b.told("ends")
	require.Equal(t, [3]string{start, start, "true"}, [3]string{step.Run, step.Release, step.Since})
	require.Equal(t, [2]string{start, start}, [2]string{ends.Run, ends.Release})
	require.Regexp(t, `^2026-07-03T13:30:\d\d\.\d{3}Z$`, step.Now)
	require.LessOrEqual(t, step.Now, ends.Now)
}

// A retried delivery does not change: now is still the time of its event.
func TestNowIsTheSameForEveryAttempt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.answers["/w"] = ""
	require.NoError(t, b.run(latch.WorkflowRelease, `{"id":"r","steps":[{"name":"a","do":{"http":{"url":"$R/do"}}}],"webhooks":[
		{"id":"w","url":"$R/w","retry":{"initial_interval":"1s","maximum_attempts":2},
		"events":[{"event":"BEFORE_RELEASE","on_error":"continue","body":{"at":"${now}"}}]}]}`))
	bodies := b.bodies("/w")
	require.Regexp(t, `^\{"at":"20[^"]+\.\d{3}Z"\}\{"at":`, bodies)
	require.Equal(t, bodies[:len(bodies)/2], bodies[len(bodies)/2:])
}

// Contract, "Templates": the times of a job: the run begins before its delay, the job after it.
func TestTimesOfAJob(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.env.SetStartTime(at(t, "2026-07-03T12:00:00Z"))
	const times = `"now":"${now}","run":"${run.started_at}","job":"${job.started_at}","status":"${job.status.started_at}"`
	require.NoError(t, b.run(latch.WorkflowJobRun, `{"id":"j","delay":"2h",
		"task":{"http":{"url":"$R/do","body":{"event":"work",`+times+`}}},
		"webhooks":[{"id":"w","url":"$R/w","events":[
			{"event":"JOB_START","body":{"event":"begins",`+times+`}},
			{"event":"JOB_COMPLETE",
				"when":"now >= job.started_at && job.started_at - run.started_at == duration('2h')",
				"body":{"event":"ends",`+times+`}}]}]}`))
	const run, job = "2026-07-03T12:00:00.000Z", "2026-07-03T14:00:00.000Z"
	require.Equal(t, told{Event: "begins", Now: job, Run: run, Job: job, Status: job}, b.told("begins"))
	for _, event := range []string{"work", "ends"} {
		got := b.told(event)
		require.Equal(t, [3]string{run, job, job}, [3]string{got.Run, got.Job, got.Status}, event)
		require.GreaterOrEqual(t, got.Now, job)
	}
}

// An emission has now and run.started_at too.
func TestTimesOfAnEmission(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.env.SetStartTime(at(t, "2026-07-03T12:00:00Z"))
	require.NoError(t, b.run(latch.WorkflowEmit, `{"event":"CREATED","webhooks":[{"id":"w","url":"$R/w","events":[
		{"event":"CREATED","when":"now == run.started_at","body":{"event":"created","now":"${now}"}}]}]}`))
	require.Equal(t, told{Event: "created", Now: "2026-07-03T12:00:00.000Z"}, b.told("created"))
}
