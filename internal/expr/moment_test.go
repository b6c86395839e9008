package expr

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// momentVariables are the variables of a job that began 90 minutes before now, on a Friday in
// summer.
func momentVariables(now string) Variables {
	return variables("now", quoted(now), "run", `{"workflow_id":"w","run_id":"r","started_at":"2026-07-03T12:30:00.000Z"}`,
		"job", `{"id":"7","started_at":"2026-07-03T12:31:00.500Z","status":{"started_at":"2026-07-03T12:31:00.500Z"}}`,
		"data", `{"at":"2026-07-03T14:00:00Z"}`)
}

// Contract, "Templates": not on Fridays after 16:00 in Berlin.
func TestNowHoldsAFridayAfternoon(t *testing.T) {
	t.Parallel()
	e, err := Compile(`!(now.getDayOfWeek('Europe/Berlin') == 5 && now.getHours('Europe/Berlin') >= 16)`, When)
	require.NoError(t, err)
	for now, want := range map[string]bool{
		"2026-07-03T13:59:59.999Z":      true, // in Berlin 15:59 of a Friday
		"2026-07-03T14:00:00.000Z":      false,
		"2026-07-03T21:59:59.999Z":      false,
		"2026-07-03T22:00:00.000Z":      true, // Saturday there
		"2026-01-02T14:30:00.000Z":      true, // 15:30 in winter
		"2026-01-02T15:00:00.000Z":      false,
		"2026-07-02T15:00:00.000Z":      true,
		"2026-07-03T16:00:00.000+02:00": false,
	} {
		got, err := e.Bool(momentVariables(now))
		require.NoError(t, err)
		require.Equal(t, want, got, now)
	}
}

// Contract, "Templates": now and the starts of run, release and job are timestamps; other times are
// strings.
func TestTimesCompose(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ source, want string }{
		{`now`, `"2026-07-03T14:00:00.000Z"`},
		{`run.started_at`, `"2026-07-03T12:30:00.000Z"`},
		{`job.started_at`, `"2026-07-03T12:31:00.500Z"`},
		{`run`, `{"run_id":"r","started_at":"2026-07-03T12:30:00.000Z","workflow_id":"w"}`},
		{`[run, run.started_at]`, `[{"run_id":"r","started_at":"2026-07-03T12:30:00.000Z","workflow_id":"w"},"2026-07-03T12:30:00.000Z"]`},
		{`'at ' + string(now)`, `"at 2026-07-03T14:00:00.000Z"`},
		{`json.encode({'at': run.started_at})`, `"{\"at\":\"2026-07-03T12:30:00.000Z\"}"`},
		{`now - run.started_at > duration('1h')`, `true`},
		{`now - run.started_at`, `"1h30m0s"`},
		{`run.started_at + duration('90m') == now`, `true`},
		{`(now - job.started_at).getMinutes()`, `88`},
		{`run.started_at < job.started_at && job.started_at < now`, `true`},
		{`now == timestamp(data.at)`, `true`},
		{`timestamp(job.status.started_at) == job.started_at`, `true`},
		{`timestamp(run.started_at) == run.started_at`, `true`},
		{`job.status.started_at`, `"2026-07-03T12:31:00.500Z"`},
		{`has(run.started_at) && 'started_at' in job`, `true`},
		{`run[?'started_at'].hasValue() && release[?'started_at'].orValue(now) == now`, `true`},
		{`run['started_at'].getFullYear()`, `2026`},
		{`int(now) - int(run.started_at)`, `5400`},
		{`[1, 2].map(now, now + 1)`, `[2,3]`},
		{`timestamp('2026-07-03T14:00:00.000001Z')`, `"2026-07-03T14:00:00.000001Z"`},
	} {
		got, err := value(c.source, momentVariables("2026-07-03T14:00:00.000Z"))
		require.NoError(t, err, c.source)
		require.Equal(t, c.want, got, c.source)
	}
	got, err := render("${now} ${run.started_at}", InText, momentVariables("2026-07-03T14:00:00.120Z"))
	require.NoError(t, err)
	require.Equal(t, "2026-07-03T14:00:00.120Z 2026-07-03T12:30:00.000Z", got)
}

// A time that is unknown or invalid only fails the expressions that use it.
func TestTimesThatAreNotKnownAreErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		source, want string
		vars         Variables
	}{
		{`now > timestamp(0)`, "no value is known for this time", nil},
		{`now > timestamp(0)`, "no value is known for this time", variables("now", "null")},
		{`now > timestamp(0)`, `"yesterday" is not a time in RFC 3339`, variables("now", `"yesterday"`)},
		{`now > timestamp(0)`, `the variable now is not a string`, variables("now", `1700000000`)},
		{`run.started_at > timestamp(0)`, `"yesterday" is not a time in RFC 3339`, variables("run", `{"started_at":"yesterday"}`)},
		{`run.started_at > timestamp(0)`, `no such key: started_at`, variables("run", `{"run_id":"r"}`)},
		{`now - job.status.started_at > duration('1h')`, `write timestamp(…) for a time that is a string`,
			momentVariables("2026-07-03T14:00:00Z")},
		{`now.getHours('Europe/Nowhere') > 1`, `Europe/Nowhere`, momentVariables("2026-07-03T14:00:00Z")},
	} {
		e, err := Compile(c.source, When)
		require.NoError(t, err, c.source)
		_, err = e.Bool(c.vars)
		requireEval(t, err, c.source, c.want)
	}
	got, err := value(`run.run_id + (true ? 'x' : string(now))`, variables("run", `{"run_id":"r","started_at":"yesterday"}`))
	require.NoError(t, err)
	require.Equal(t, `"rx"`, got)
	got, err = value(`[1].map(now, now)`, nil)
	require.NoError(t, err)
	require.Equal(t, `[1]`, got)
}
