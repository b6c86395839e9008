package piece_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/console/piece"
)

// measured returns measurements a minute apart, each given by its result and its answer.
func measured(given ...string) []latch.Measurement {
	var made []latch.Measurement
	for i, each := range given {
		result, value, _ := strings.Cut(each, " ")
		at := latch.NewTime(time.Date(2026, 7, 1, 12, i, 0, 0, time.UTC))
		made = append(made, latch.Measurement{At: at, Result: result, Value: value})
	}
	return made
}

// Each measurement has a mark: from left to right by its time, from bottom to top by the number in
// its answer, and below all of them without one.
func TestMeasurementsArePlacedByTimeAndNumber(t *testing.T) {
	t.Parallel()
	shown := piece.Measurements{ID: "m", Name: "m", Total: 4, Made: measured(
		`success {"rate":0.01}`, `failure {"rate":0.05}`, `inconclusive {"rate":0.03}`, `error {"rate":9}`)}
	var places []string
	for _, mark := range shown.Marks() {
		places = append(places, fmt.Sprint(mark.X, " ", mark.Y, " ", mark.Tone, " ", mark.Text))
	}
	require.Equal(t, []string{
		"2% 90 good success: 0.01, 2026-07-01 12:00:00 UTC", "34% 10 bad failure: 0.05, 2026-07-01 12:01:00 UTC",
		"66% 50 wait inconclusive: 0.03, 2026-07-01 12:02:00 UTC", `98% 110  error: {"rate":9}, 2026-07-01 12:03:00 UTC`}, places)
	require.Equal(t, []string{"0.05", "0.01"}, shown.Scale())
	require.Equal(t, "m, 4 measurements: 1 success, 1 failure, 1 inconclusive, 1 error; from 0.01 to 0.05", shown.Describe())
	shapes := map[string]bool{}
	for _, mark := range shown.Marks() {
		shapes[mark.Shape] = true
	}
	require.Len(t, shapes, 4, "a result is told apart without its color")
}

// Answers without numbers make one line of marks, and one number, or one time, is in the middle.
func TestMeasurementsThatHaveNoPlace(t *testing.T) {
	t.Parallel()
	states := piece.Measurements{Name: "m", Total: 3, Made: measured("success ok", "failure broken", "error")}
	require.Nil(t, states.Scale())
	for _, mark := range states.Marks() {
		require.Equal(t, states.Height()/2, mark.Y)
	}
	one := piece.Measurements{Name: "m", Total: 300, Made: measured("success 7")}
	require.Equal(t, "50%", one.Marks()[0].X)
	require.Equal(t, one.Height()/2, one.Marks()[0].Y)
	require.Equal(t, "m, the newest 1 of 300: 1 success; from 7 to 7", one.Describe())
}

// Numbers whose difference is more than a number holds, or as little, have their places too.
func TestMeasurementsOfExtremeNumbers(t *testing.T) {
	t.Parallel()
	for _, numbers := range [][]string{{"success -1e308", "success 0", "success 1e308"}, {"success 0", "success 5e-324"}} {
		marks := piece.Measurements{Name: "m", Total: len(numbers), Made: measured(numbers...)}.Marks()
		require.Equal(t, 90, marks[0].Y)
		require.Equal(t, 10, marks[len(marks)-1].Y)
		if len(marks) == 3 {
			require.Equal(t, 50, marks[1].Y)
		}
	}
}

// The number of an answer is that which it is, or the only one in it, without the time of
// Prometheus.
func TestNumbersOfAnswers(t *testing.T) {
	t.Parallel()
	for answer, number := range map[string]string{
		"0.3": "0.3", " 12\n": "12", `"0.3"`: "0.3", `{"errors":0}`: "0", `{"a":{"b":[1e3]}}`: "1000", "-2.50": "-2.5", "1234567.8": "1234568",
		"0.0000123456": "1.235e-05",
		`{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1435781451.781,"0.31337"]}]}}`: "0.3134",
		`{"a":1,"b":2}`: "", `{"a":1`: "", "NaN": "", `"NaN"`: "", "1e999": "", "ok": "", "": "", "null": "", "{}": "",
	} {
		shown := piece.Measurements{Made: []latch.Measurement{{Result: latch.MeasuredSuccess, Value: answer}}}
		scale := strings.Join(shown.Scale(), "")
		require.Equal(t, number, scale, answer)
	}
}

// A record shows the measurements of its hook, the newest of many, and each in a table.
func TestARecordShowsItsMeasurements(t *testing.T) {
	t.Parallel()
	record := latch.Record{Webhook: "error-rate", Event: latch.EventAfterStep, Step: "deploy", Attempts: 400}
	for range 3 * latch.MaximumMeasurements {
		record.Measurements = append(record.Measurements, latch.Measurement{Result: latch.MeasuredFailure, Value: "7", Error: "why"})
	}
	shown := piece.RecordOf("record-1", record)
	require.Len(t, shown.Measured.Marks(), latch.MaximumMeasurements)
	page := render(t, "record", shown)
	require.Contains(t, page, `aria-label="error-rate at AFTER_STEP, step deploy, the newest 100 of 400: 100 failures; from 7 to 7"`)
	require.Equal(t, latch.MaximumMeasurements, strings.Count(page, "<tr role=\"row\" data-row"))
	require.NotContains(t, render(t, "record", piece.RecordOf("record-2", latch.Record{})), "measured")
}

// A record says of a hook that is not enforced what it would have decided.
func TestARecordSaysThatItsDecisionIsNotActedOn(t *testing.T) {
	t.Parallel()
	record := latch.Record{Webhook: "new-rule", WouldDecide: latch.Stop, Rule: "stop_release: true"}
	page := render(t, "record", piece.RecordOf("record", record))
	require.Contains(t, page, `<dt>Would decide</dt><dd><span class="status bad">stop</span>`)
	require.Contains(t, page, "not acted on")
}
