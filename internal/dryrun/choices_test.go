package dryrun_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/dryrun"
)

const pausing = `{"id":"shop","on_failure":"pause","steps":[
	{"name":"deploy","do":{"activity":{"type":"Deploy"}},"undo":{"activity":{"type":"Remove"}}},
	{"name":"check","do":{"activity":{"type":"Check"}}}]}`

// A plan shows what happens after each choice about a failed step that waits for a person: in
// turn, each once, and then nobody chooses.
func TestPlanOfAStepThatWaits(t *testing.T) {
	t.Parallel()
	const broken = `"tasks":[{"type":"Deploy","results":[{"error":"no room"},{"error":"still no room"},{"result":1}]}]`
	for _, test := range []struct{ choices, status, told string }{
		{`[{"choice":"retry","after":"10m"},{"choice":"retry","by":"ann","reason":"room was made"}]`, latch.ReleaseReleased, `
0s task no room Step deploy: activity Deploy []
0s paused deploy no room
10m0s chosen deploy retry
10m0s task still no room Step deploy: activity Deploy []
10m0s paused deploy still no room
11m0s chosen deploy retry by ann: room was made
11m0s task Step deploy: activity Deploy []
11m0s task Step check: activity Check [] assumed`},
		{`[{"choice":"skip","by":"ann","reason":"by hand"}]`, latch.ReleaseReleased, `
0s task no room Step deploy: activity Deploy []
0s paused deploy no room
1m0s chosen deploy skip by ann: by hand
1m0s task Step check: activity Check [] assumed`},
		{`[{"choice":"rollback","after":"1h"}]`, latch.ReleaseFailed, `
0s task no room Step deploy: activity Deploy []
0s paused deploy no room
1h0m0s chosen deploy rollback
1h0m0s task Undo step deploy: activity Remove [] assumed`},
		{`[{"choice":"retry"}]`, dryrun.Waits, `
0s task no room Step deploy: activity Deploy []
0s paused deploy no room
1m0s chosen deploy retry
1m0s task still no room Step deploy: activity Deploy []
1m0s paused deploy still no room`},
	} {
		for _, step := range []string{"deploy", "*"} {
			report := plan(t, pausing, `{"steps":[{"step":"`+step+`","choices":`+test.choices+`}],`+broken+`}`, dryrun.Options{})
			require.Equal(t, test.status, report.Status, "%s %s", test.choices, report.Error)
			require.Equal(t, strings.TrimSpace(test.told), chosen(report), test.choices)
			require.Empty(t, report.Unused)
		}
	}
	report := plan(t, pausing, `{"steps":[{"step":"check","choices":[{"choice":"retry"}]}]}`, dryrun.Options{})
	require.Equal(t, []string{"steps[0]"}, report.Unused)
}

// chosen returns the events with their steps, one per line.
func chosen(report *dryrun.Report) string {
	var lines []string
	for _, e := range report.Events {
		line := []string{e.After.String(), e.Kind, e.Step, e.Decision, e.Note}
		if e.Task != nil {
			line = append(line, e.Task.Of+": "+e.Task.Type, e.Task.Name, "[]")
		}
		if e.Assumed {
			line = append(line, "assumed")
		}
		lines = append(lines, strings.Join(strings.Fields(strings.Join(line, " ")), " "))
	}
	return strings.Join(lines, "\n")
}

// All that is wrong with choices is told at once.
func TestChoicesThatAreWrong(t *testing.T) {
	t.Parallel()
	_, err := dryrun.DecodeAnswers([]byte(`{"steps":[{"choices":[{"choice":"again"},{"choice":"skip"},
		{"choice":"retry","after":"-1s"}]},{"step":"a"}]}`))
	for _, place := range []string{"steps[0].step", "steps[0].choices[0].choice", "steps[0].choices[1]", "steps[0].choices[2].after",
		"steps[1].choices"} {
		require.ErrorContains(t, err, place+":")
	}
}

// A registered freeze that is in force holds the release until it ends, and the plan says so, also
// who may override it; with an answer somebody does.
func TestPlanWithFreezes(t *testing.T) {
	t.Parallel()
	freeze := func(id, when string, override *latch.FreezeOverride) latch.RegisteredFreeze {
		return latch.RegisteredFreeze{Freeze: latch.Freeze{ID: id, When: when, Override: override,
			Windows: []latch.FreezeWindow{{Start: "0 18 20 12 *", End: "0 8 3 1 *"}}}}
	}
	options := dryrun.Options{Now: time.Date(2026, 12, 24, 8, 0, 0, 0, time.UTC), Freezes: []latch.RegisteredFreeze{
		freeze("xmas", "", &latch.FreezeOverride{Groups: []string{"incident"}, Reason: true}), freeze("test", "release.id == 'other'", nil)}}
	const deploy = `{"id":"shop","steps":[{"name":"deploy","do":{"activity":{"type":"Deploy"}}}]}`
	report := plan(t, deploy, `{}`, options)
	require.Equal(t, latch.ReleaseReleased, report.Status, report.Error)
	require.Len(t, report.Freezes, 1)
	require.Equal(t, "freeze xmas holds it before BEFORE_RELEASE, until 2027-01-03 08:00 UTC; incident may override it with a reason",
		report.Freezes[0].Words())
	require.Contains(t, told(report), "240h0m0s unlocked BEFORE_RELEASE freeze:xmas timed out")
	require.Contains(t, told(report), "240h0m0s task Step deploy")
	require.Empty(t, report.Unused)

	report = plan(t, deploy, `{"webhooks":[{"webhook":"freeze:xmas","locks":[
		{"after":"2h","by":"ann","groups":["incident"],"vote":"approve","reason":"INC-7"}]}]}`, options)
	require.Contains(t, told(report), "2h0m0s unlocked BEFORE_RELEASE freeze:xmas removed by ann")
	require.Contains(t, told(report), "2h0m0s task Step deploy")

	options.Now = time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC)
	require.Empty(t, plan(t, deploy, `{}`, options).Freezes)
	options.Freezes = []latch.RegisteredFreeze{freeze("xmas", "", nil)}
	options.Freezes[0].Windows[0] = latch.FreezeWindow{Start: "0 0 1 1 *", End: "0 0 2 1 * 2020"}
	report = plan(t, deploy, `{}`, options)
	require.Equal(t, dryrun.Waits, report.Status)
	require.Equal(t, "freeze xmas holds it before BEFORE_RELEASE, for good; nobody may override it", report.Freezes[0].Words())
}
