package mitto_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/mitto"
)

// scheduled registers a job with the schedule, which has to be taken.
func scheduled(t *testing.T, schedule string) *mitto.Job {
	t.Helper()
	return job(t, `{"task":{"command":{"argv":["true"]}},"schedule":`+schedule+`}`)
}

// The meaning of Mitto's schedule object, and its form in answers: all its keys, with `value`
// computed from the key that the type names.
func TestMittoSchedulesAreComputedAndComeBack(t *testing.T) {
	t.Parallel()
	const clock = `{"minute":0,"hour":6,"ampm":"AM"}`
	for name, test := range map[string]struct{ schedule, latch, shown string }{
		"daily without value": {
			`{"type":"daily","daily":` + clock + `,"hourly":null,"custom":null}`, `{"cron":"0 6 * * *"}`,
			`{"type":"daily","daily":` + clock + `,"hourly":null,"endof":null,"custom":null,"value":"0 6 * * *"}`},
		"daily with the type as value": {
			`{"value":"daily","type":"daily","daily":` + clock + `}`, `{"cron":"0 6 * * *"}`,
			`{"type":"daily","daily":` + clock + `,"hourly":null,"endof":null,"custom":null,"value":"0 6 * * *"}`},
		"daily changed, with the value of before": {
			`{"type":"daily","daily":` + clock + `,"value":"0 0 * * *"}`, `{"cron":"0 6 * * *"}`,
			`{"type":"daily","daily":` + clock + `,"hourly":null,"endof":null,"custom":null,"value":"0 6 * * *"}`},
		"the type in value alone": {
			`{"value":"hourly","hourly":{"minute":5}}`, `{"cron":"5 * * * *"}`,
			`{"type":"hourly","daily":null,"hourly":{"minute":5},"endof":null,"custom":null,"value":"5 * * * *"}`},
		"a clock alone": {
			`{"daily":` + clock + `}`, `{"cron":"0 6 * * *"}`,
			`{"type":"daily","daily":` + clock + `,"hourly":null,"endof":null,"custom":null,"value":"0 6 * * *"}`},
		"hourly, beside a daily clock": {
			`{"type":"hourly","daily":` + clock + `,"hourly":{"minute":5}}`, `{"cron":"5 * * * *"}`,
			`{"type":"hourly","daily":` + clock + `,"hourly":{"minute":5},"endof":null,"custom":null,"value":"5 * * * *"}`},
		"Python's words": {
			`{"type":"daily","daily":{"minute":0,"hour":12,"ampm":"PM","on":"True","off":"False"},
				"hourly":"None","endof":"None","custom":"None","value":"None"}`,
			`{"cron":"0 12 * * *"}`,
			`{"type":"daily","daily":{"minute":0,"hour":12,"ampm":"PM","on":true,"off":false},"hourly":null,
				"endof":null,"custom":null,"value":"0 12 * * *"}`},
		"Python's None as the whole": {`"None"`, `null`, `null`},
		"a cron expression, whatever the clock is": {
			`{"type":"daily","daily":{"at":"03:00"},"hourly":null,"endof":null,"custom":null,"value":"0 3 * * *"}`, `{"cron":"0 3 * * *"}`,
			`{"type":"daily","daily":{"at":"03:00"},"hourly":null,"endof":null,"custom":null,"value":"0 3 * * *"}`},
		"a type that is not known, with a cron expression": {
			`{"type":"weekly","value":"0 3 * * 1"}`, `{"cron":"0 3 * * 1"}`,
			`{"type":"weekly","daily":null,"hourly":null,"endof":null,"custom":null,"value":"0 3 * * 1"}`},
		"value alone": {
			`{"value":"0 3 * * *"}`, `{"cron":"0 3 * * *"}`,
			`{"type":null,"daily":null,"hourly":null,"endof":null,"custom":null,"value":"0 3 * * *"}`},
		"after a job": {
			`{"type":"endof","endof":17,"value":null}`, `{"after":"17"}`,
			`{"type":"endof","daily":null,"hourly":null,"endof":17,"custom":null,"value":null}`},
		"after a job, with the value of before": {
			`{"type":"endof","endof":"17","value":"0 3 * * *"}`, `{"after":"17"}`,
			`{"type":"endof","daily":null,"hourly":null,"endof":"17","custom":null,"value":null}`},
		"after a job, as an object": {
			`{"type":"endof","endof":{"id":17}}`, `{"after":"17"}`,
			`{"type":"endof","daily":null,"hourly":null,"endof":{"id":17},"custom":null,"value":null}`},
		"custom": {
			`{"type":"custom","custom":"*/5 * * * *","value":"0 3 * * *"}`, `{"cron":"*/5 * * * *"}`,
			`{"type":"custom","daily":null,"hourly":null,"endof":null,"custom":"*/5 * * * *","value":"*/5 * * * *"}`},
		"a zone": {
			`{"type":"daily","daily":` + clock + `,"timezone":"Europe/Berlin"}`, `{"cron":"0 6 * * *","timezone":"Europe/Berlin"}`,
			`{"type":"daily","daily":` + clock + `,"hourly":null,"endof":null,"custom":null,"value":"0 6 * * *","timezone":"Europe/Berlin"}`},
		"manual": {`null`, `null`, `null`},
		"manual by its type": {
			`{"type":"manual","value":"manual"}`, `null`,
			`{"type":"manual","daily":null,"hourly":null,"endof":null,"custom":null,"value":null}`},
		"nothing in it": {
			`{"type":null,"daily":null,"hourly":null,"endof":null,"custom":null,"value":null}`, `null`,
			`{"type":null,"daily":null,"hourly":null,"endof":null,"custom":null,"value":null}`},
		"Latch's own object": {`{"cron":"0 3 * * *","catchup":"5m"}`, `{"cron":"0 3 * * *","catchup":"5m0s"}`,
			`{"cron":"0 3 * * *","catchup":"5m"}`},
		"Latch's own string": {`"0 3 * * *"`, `{"cron":"0 3 * * *"}`, `"0 3 * * *"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			made := scheduled(t, test.schedule)
			require.JSONEq(t, test.latch, encoded(t, made.Latch.Schedule))
			shown := made.Object(nil)["schedule"]
			require.JSONEq(t, test.shown, string(shown))
			require.JSONEq(t, test.shown,
				string(job(t, `{"type":"sql","schedule":`+test.schedule+`}`).Object(nil)["schedule"]), "of a job that cannot run")

			require.NoError(t, made.Patch(read(t, `{"schedule":`+string(shown)+`}`), later))
			require.JSONEq(t, test.latch, encoded(t, made.Latch.Schedule), "what was shown, sent back, changes nothing")
			require.NoError(t, made.Patch(read(t, `{"schedule":{"type":"daily","daily":{"minute":30,"hour":"11","ampm":"pm"}}}`), later))
			require.Equal(t, "30 23 * * *", made.Latch.Schedule.Cron)
		})
	}
}

// The hours of a 12-hour clock: 12 AM is midnight, 12 PM is noon.
func TestHoursOfDailySchedules(t *testing.T) {
	t.Parallel()
	for clock, cron := range map[string]string{
		`"hour":12,"ampm":"AM"`: "7 0 * * *", `"hour":1,"ampm":"AM"`: "7 1 * * *", `"hour":11,"ampm":"AM"`: "7 11 * * *",
		`"hour":12,"ampm":"PM"`: "7 12 * * *", `"hour":1,"ampm":"PM"`: "7 13 * * *", `"hour":11,"ampm":"PM"`: "7 23 * * *",
		`"hour":"6","ampm":"am"`: "7 6 * * *",
	} {
		made := scheduled(t, `{"type":"daily","daily":{"minute":7,`+clock+`}}`)
		require.Equal(t, cron, made.Latch.Schedule.Cron, clock)
	}
}

// A schedule without a time is refused by its field, with its value and what would be right.
// All problems are reported at once.
func TestSchedulesThatSayNoTime(t *testing.T) {
	t.Parallel()
	for schedule, want := range map[string][]string{
		`{"type":"daily","daily":{"minute":60,"hour":13,"ampm":"XM"}}`: {
			`^schedule\.daily\.minute: must be a whole number from 0 to 59, not 60`,
			`^schedule\.daily\.hour: must be a whole number from 1 to 12, .*12 AM is midnight.*, not 13`,
			`^schedule\.daily\.ampm: must be "AM" or "PM", not "XM"`},
		`{"type":"daily","daily":{"minute":-1,"hour":0,"ampm":7}}`: {
			`^schedule\.daily\.minute: .*, not -1`, `^schedule\.daily\.hour: .*, not 0`, `^schedule\.daily\.ampm: .*, not 7`},
		`{"type":"daily","daily":{"minute":1.5,"hour":"six"}}`: {
			`^schedule\.daily\.minute: .*, not 1\.5`, `^schedule\.daily\.hour: .*, not "six"`, `^schedule\.daily\.ampm: required: "AM" or "PM"`},
		`{"type":"daily","daily":{"hour":"None","ampm":"AM"},"value":"0 3 * * *"}`: {
			`^schedule\.daily\.minute: required: a whole number from 0 to 59`, `^schedule\.daily\.hour: required: a whole number`},
		`{"type":"daily","value":"daily"}`: {
			`^schedule\.daily: required for a schedule of type "daily": an object such as \{"minute": 0,`},
		`{"type":"daily","daily":"06:00"}`:          {`^schedule\.daily: must be an object, not "06:00"`},
		`{"type":"hourly","hourly":null}`:           {`^schedule\.hourly: required for a schedule of type "hourly"`},
		`{"type":"hourly","hourly":{"minute":"x"}}`: {`^schedule\.hourly\.minute: must be a whole number from 0 to 59, not "x"`},
		`{"type":"endof","endof":"None"}`: {
			`^schedule\.endof: required for a schedule of type "endof": the id of the job to run after`},
		`{"type":"custom","custom":null}`: {`^schedule\.custom: required for a schedule of type "custom": a cron expression`},
		`{"type":"weekly","weekly":{"day":1}}`: {
			`^schedule\.value: required for a schedule of type "weekly": a cron expression .*one of daily, hourly, custom and endof`},
		`{"type":"custom","custom":5}`:     {`^schedule\.custom: must be a cron expression .*, not 5`},
		`{"value":5}`:                      {`^schedule\.value: must be a cron expression .*, not 5`},
		`{"type":"endof","endof":{"x":1}}`: {`^schedule\.endof: must be the id of the job to run after, not \{"x":1\}`},
		`7`:                                {`^schedule: `},
	} {
		for _, kind := range []string{`"task":{"command":{"argv":["true"]}}`, `"type":"sql"`} {
			_, err := mitto.New("1", read(t, `{`+kind+`,"schedule":`+schedule+`}`), noon)
			got := lines(t, err)
			require.Len(t, got, len(want), "%s: %q", schedule, got)
			for i, pattern := range want {
				require.Regexp(t, pattern, got[i], schedule)
			}
		}
	}
}

// Python's words stand for the values that Python prints in this way, in keys that never
// contain a text. A title may be "None".
func TestPythonsWordsInJobs(t *testing.T) {
	t.Parallel()
	made := job(t, `{"title":"None","type":"cmd","conf":{"cmd":"true"},"timeout":"None","delay":"None",
		"concurrency":"None","continue_on_error":"True","jobs":"None",
		"webhooks":[{"url":"https://example.com/","event_type":"JOB_START","enabled":"False",
			"content_type":"text/plain","body":"None"}]}`)
	shown := made.Object(nil)
	require.Equal(t, `"None"`, string(shown["title"]))
	require.Equal(t, "true", string(shown["continue_on_error"]))
	require.Equal(t, "null", string(shown["timeout"]))
	require.True(t, made.Latch.ContinueOnError)
	require.False(t, made.Latch.Webhooks[0].IsEnabled())
	require.Equal(t, `"None"`, string(made.Webhooks()[0]["body"]))
	require.NoError(t, made.Patch(read(t, `{"continue_on_error":"False"}`), later))
	require.False(t, made.Latch.ContinueOnError)
}
