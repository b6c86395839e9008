package latch_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// contract, "Job": `after` is a job's id, or an id with an outcome. `any` has the same meaning
// as the id alone.
func TestScheduleAfter(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, schedule string
		want           latch.Schedule
		written        string
		problems       string
	}{
		{name: "an id", schedule: `{"after":"dump"}`, want: latch.Schedule{After: "dump"}, written: `{"after":"dump"}`},
		{name: "a number", schedule: `{"after":7}`, want: latch.Schedule{After: "7"}, written: `{"after":"7"}`},
		{name: "success", schedule: `{"after":{"job":"dump","on":"success"}}`, want: latch.Schedule{After: "dump", On: latch.OnSuccess},
			written: `{"after":{"job":"dump","on":"success"}}`},
		{name: "failure of a number", schedule: `{"after":{"job":7,"on":"failure"}}`, want: latch.Schedule{After: "7", On: latch.OnFailure},
			written: `{"after":{"job":"7","on":"failure"}}`},
		{name: "any", schedule: `{"after":{"job":"dump","on":"any"}}`, want: latch.Schedule{After: "dump"}, written: `{"after":"dump"}`},
		{name: "an object without on", schedule: `{"after":{"job":"dump"}}`, want: latch.Schedule{After: "dump"}, written: `{"after":"dump"}`},
		{name: "null", schedule: `{"cron":"0 3 * * *","after":null}`, want: latch.Schedule{Cron: "0 3 * * *"}, written: `{"cron":"0 3 * * *"}`},
		{name: "a cron expression alone", schedule: `"0 3 * * *"`, want: latch.Schedule{Cron: "0 3 * * *"}, written: `{"cron":"0 3 * * *"}`},
		{name: "another outcome", schedule: `{"after":{"job":"dump","on":"Success"}}`,
			problems: `schedule.after.on: "Success" is not one of success, failure and any; did you mean "success"?`},
		{name: "no job", schedule: `{"after":{"on":"success"}}`,
			problems: `schedule.after.job: required: the id of the job after which this one runs`},
		{name: "an unknown key", schedule: `{"after":{"job":"dump","when":"success"}}`,
			problems: `schedule.after.when: unknown key; the keys here are job, on`},
		{name: "a list", schedule: `{"after":["dump"]}`,
			problems: `schedule.after: must be the id of a job, or an object such as {"job":"dump","on":"success"}, not ["dump"]`},
		{name: "both", schedule: `{"cron":"0 3 * * *","after":{"job":"dump"}}`,
			problems: `schedule.after: a schedule has either cron or after, not both`},
		{name: "neither", schedule: `{"after":{}}`,
			problems: `schedule: a schedule has a cron expression ("cron") or a job that it follows ("after")`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			job, err := latch.DecodeJob([]byte(`{"id":"load","task":{"command":{"argv":["x"]}},"schedule":` + test.schedule + `}`))
			if test.problems != "" {
				require.ErrorContains(t, err, test.problems)
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.want, *job.Schedule)
			written, err := json.Marshal(job.Schedule)
			require.NoError(t, err)
			require.JSONEq(t, test.written, string(written))
			var read latch.Schedule
			require.NoError(t, json.Unmarshal(written, &read))
			require.Equal(t, test.want, read)
		})
	}
}

// A job follows each outcome, or the one that it names.
func TestScheduleFollows(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		schedule     *latch.Schedule
		job, outcome string
		want         bool
	}{
		{&latch.Schedule{After: "a"}, "a", latch.OnSuccess, true},
		{&latch.Schedule{After: "a"}, "a", latch.OnFailure, true},
		{&latch.Schedule{After: "a"}, "a", "", true},
		{&latch.Schedule{After: "a", On: latch.OnSuccess}, "a", latch.OnSuccess, true},
		{&latch.Schedule{After: "a", On: latch.OnSuccess}, "a", latch.OnFailure, false},
		{&latch.Schedule{After: "a", On: latch.OnFailure}, "a", latch.OnFailure, true},
		{&latch.Schedule{After: "a", On: latch.OnSuccess}, "a", "", false},
		{&latch.Schedule{After: "a"}, "b", latch.OnSuccess, false},
		{&latch.Schedule{Cron: "@daily"}, "", latch.OnSuccess, false},
		{nil, "a", latch.OnSuccess, false},
	} {
		require.Equal(t, test.want, test.schedule.Follows(test.job, test.outcome), "%+v after %s of %s", test.schedule, test.outcome, test.job)
	}
}
