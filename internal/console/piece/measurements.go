package piece

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/counted"
)

// Measurements shows what an analysis has measured: a mark for each measurement, placed by its
// time and by the number in its answer. A folded table repeats them in words.
type Measurements struct {
	// ID is unique in the page; Name says for what was measured.
	ID, Name string
	// Total is how many measurements were made.
	Total int
	// Made are the newest of them, oldest first.
	Made []latch.Measurement
}

// measurementsOf returns the measurements in a record, if it has any.
func measurementsOf(id string, r latch.Record) Measurements {
	if len(r.Measurements) == 0 {
		return Measurements{}
	}
	name := r.Webhook + " at " + r.Event
	if r.Step != "" {
		name += ", step " + r.Step
	}
	made := r.Measurements[max(0, len(r.Measurements)-latch.MaximumMeasurements):]
	return Measurements{ID: id + "-measurements", Name: name, Total: max(r.Attempts, len(made)), Made: made}
}

// maximumCharts bounds how many measurements a page shows outside their records.
const maximumCharts = 12

// TakeMeasured takes the measurements of the newest records out of them, to be shown above.
// They are in the order of the records.
func TakeMeasured(records []Record) []Measurements {
	var taken []Measurements
	for i := len(records) - 1; i >= 0 && len(taken) < maximumCharts; i-- {
		if len(records[i].Measured.Made) > 0 {
			taken = append(taken, records[i].Measured)
			records[i].Measured = Measurements{}
		}
	}
	slices.Reverse(taken)
	return taken
}

// Heights in the drawing, in CSS pixels.
const (
	measuredTop    = 10
	measuredBottom = 90
	// measuredFoot is where marks without a number are, below those with one.
	measuredFoot = 110
)

// crowd is the number of marks above which they are drawn smaller.
const crowd = 40

// A Mark stands for a measurement.
type Mark struct {
	// X and Y are its place: in percent of the width, and in pixels.
	X    string
	Y    int
	Tone string
	// Shape is the path of the mark around its place, so that a result is told apart without
	// its color.
	Shape string
	// Text describes the measurement.
	Text string
}

// shapes are the marks' paths, by result.
var shapes = map[string]string{
	latch.MeasuredSuccess:      "M-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0z", // a disc
	latch.MeasuredFailure:      "M-4-4 4 4M-4 4 4-4",                 // a cross
	latch.MeasuredInconclusive: "M0-4 4 0 0 4-4 0z",                  // a diamond
	latch.MeasuredError:        "M0-4 4 4h-8z",                       // a triangle
}

// markOf returns a mark for a result, in the middle of a key's line.
func markOf(result string) Mark {
	shape, known := shapes[result]
	if !known {
		shape = "M-4 0h8"
	}
	return Mark{X: "50%", Y: 6, Tone: toneOf(result), Shape: shape}
}

// Marks returns a mark for each measurement.
func (m Measurements) Marks() []Mark {
	lowest, highest, numbered := m.span()
	marks := make([]Mark, len(m.Made))
	for i, made := range m.Made {
		mark := markOf(made.Result)
		mark.X, mark.Y = m.across(i), measuredTop
		if number, is := numberIn(made.Value); numbered && is && made.Result != latch.MeasuredError {
			mark.Y = measuredBottom - int(math.Round((measuredBottom-measuredTop)*share(number, lowest, highest)))
		} else if numbered {
			mark.Y = measuredFoot
		}
		mark.Text = strings.TrimSuffix(made.Result+": "+valueOf(made), ": ") + ", " + made.At.UTC().Format(time.DateTime) + " UTC"
		marks[i] = mark
	}
	return marks
}

// share returns where a number is between two others, from 0 to 1.
func share(number, lowest, highest float64) float64 {
	if highest <= lowest {
		return .5
	}
	if math.IsInf(highest-lowest, 1) {
		number, lowest, highest = number/2, lowest/2, highest/2
	}
	return (number - lowest) / (highest - lowest)
}

// across returns where a measurement is from left to right, by its time.
func (m Measurements) across(i int) string {
	first, last := m.Made[0].At.Time, m.Made[len(m.Made)-1].At.Time
	const edge = 2.0
	place := share(float64(m.Made[i].At.Sub(first)), 0, float64(last.Sub(first)))
	return number(edge+(100-2*edge)*min(max(place, 0), 1)) + "%"
}

// span returns the lowest and the highest number of the measurements, if there is any.
func (m Measurements) span() (lowest, highest float64, numbered bool) {
	for _, made := range m.Made {
		number, is := numberIn(made.Value)
		if !is || made.Result == latch.MeasuredError {
			continue
		}
		if !numbered {
			lowest, highest, numbered = number, number, true
		}
		lowest, highest = min(lowest, number), max(highest, number)
	}
	return lowest, highest, numbered
}

// Scale returns the numbers at the top and the bottom of the drawing, or nil without any.
func (m Measurements) Scale() []string {
	lowest, highest, numbered := m.span()
	switch {
	case !numbered:
		return nil
	case lowest == highest:
		return []string{"", significant(highest), ""}
	default:
		return []string{significant(highest), significant(lowest)}
	}
}

// Height returns the height of the drawing.
func (m Measurements) Height() int {
	switch _, _, numbered := m.span(); {
	case !numbered:
		return 2 * measuredTop
	case slices.ContainsFunc(m.Marks(), func(mark Mark) bool { return mark.Y == measuredFoot }):
		return measuredFoot + measuredTop
	default:
		return measuredBottom + measuredTop
	}
}

// IsCrowded reports whether the marks are many.
func (m Measurements) IsCrowded() bool { return len(m.Made) > crowd }

// A MeasuredResult says how many measurements had a result.
type MeasuredResult struct {
	Mark
	Count string
}

// Results counts the measurements by result.
func (m Measurements) Results() []MeasuredResult {
	var results []MeasuredResult
	for _, each := range []struct{ result, one, many string }{
		{latch.MeasuredSuccess, "success", "successes"}, {latch.MeasuredFailure, "failure", "failures"},
		{latch.MeasuredInconclusive, "inconclusive", "inconclusive"}, {latch.MeasuredError, "error", "errors"},
	} {
		count := 0
		for _, made := range m.Made {
			if made.Result == each.result {
				count++
			}
		}
		if count > 0 {
			results = append(results, MeasuredResult{markOf(each.result), counted.Of(count, each.one, each.many)})
		}
	}
	return results
}

// Extent says how many measurements are shown, and of how many.
func (m Measurements) Extent() string {
	if m.Total > len(m.Made) {
		return fmt.Sprintf("the newest %d of %d", len(m.Made), m.Total)
	}
	return counted.Of(m.Total, "measurement", "measurements")
}

// Describe describes the drawing in a sentence.
func (m Measurements) Describe() string {
	var counts []string
	for _, result := range m.Results() {
		counts = append(counts, result.Count)
	}
	words := m.Name + ", " + m.Extent() + ": " + strings.Join(counts, ", ")
	if lowest, highest, numbered := m.span(); numbered {
		words += "; from " + significant(lowest) + " to " + significant(highest)
	}
	return words
}

// List lists the measurements, the newest first.
func (m Measurements) List() List {
	list := List{ID: m.ID + "-list", Name: "Measurements", Count: Count(len(m.Made), m.Total, false),
		Columns: []string{"When", "Result", "Value"}}
	for i, made := range slices.Backward(m.Made) {
		cells := []Cell{When(made.At), Status(made.Result).With(made.Error), code(valueOf(made))}
		list.Rows = append(list.Rows, Row{Key: fmt.Sprint(i), Cells: cells})
	}
	return list
}

// valueOf returns the number in an answer, or else the answer.
func valueOf(made latch.Measurement) string {
	if number, is := numberIn(made.Value); is && made.Result != latch.MeasuredError {
		return significant(number)
	}
	return made.Value
}
