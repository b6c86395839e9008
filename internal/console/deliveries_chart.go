package console

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/console/piece"
	dlv "github.com/latch-run/latch/internal/deliveries"
)

// chartColumns is how many columns the charts of deliveries have.
const chartColumns = 24

// chartsOf draws the outcomes and the latency of deliveries over their time.
func chartsOf(records []latch.Record) (outcomes, latency piece.Chart) {
	outcomes = piece.Chart{ID: "outcomes", Name: fmt.Sprint("Outcomes of the deliveries listed here: ", len(records)), Empty: "Nothing was sent in this time.",
		Series: []piece.Series{{Name: "delivered", Tone: "good"}, {Name: "failed", Tone: "bad"}, {Name: "on its way", Tone: "wait"}}}
	latency = piece.Chart{ID: "latency", Name: fmt.Sprint("How long they took, over those listed here: ", len(records)), Lines: true, Unit: " ms", Empty: "Nothing has ended in this time.",
		Series: []piece.Series{{Name: "median"}, {Name: "slowest", Tone: "wait"}}}
	if len(records) == 0 {
		return outcomes, latency
	}
	first, last := records[0].StartedAt.Time, records[0].StartedAt.Time
	for i := range records {
		first, last = earlier(first, records[i].StartedAt.Time), later(last, records[i].StartedAt.Time)
	}
	width := max(last.Sub(first)/chartColumns+1, time.Second)
	took := make([][]int64, chartColumns)
	counts := make([][]float64, chartColumns)
	for i := range counts {
		counts[i] = make([]float64, len(outcomes.Series))
	}
	for i := range records {
		column := min(int(records[i].StartedAt.Sub(first)/width), chartColumns-1)
		counts[column][outcomeOf(&records[i])]++
		if !records[i].CompletedAt.IsZero() && records[i].Attempts > 0 {
			took[column] = append(took[column], records[i].DurationMS)
		}
	}
	for i := range chartColumns {
		at := first.Add(time.Duration(i) * width)
		outcomes.Points = append(outcomes.Points, piece.Point{At: at, Values: counts[i]})
		latency.Points = append(latency.Points, piece.Point{At: at, Values: spread(took[i])})
	}
	return outcomes, latency
}

// outcomeOf is the series of a record: delivered, failed, or on its way.
func outcomeOf(record *latch.Record) int {
	switch {
	case record.Result == latch.ResultPending && record.CompletedAt.IsZero():
		return 2
	case dlv.Failed(record):
		return 1
	default:
		return 0
	}
}

// outcomeOptions are the outcomes that a filter takes.
func outcomeOptions() []piece.Option {
	return append([]piece.Option{{Label: "any"}}, piece.Options(dlv.AllOutcomes...)...)
}

// outcomeCell says what became of a delivery, and what its answer meant where
// that is no pass.
func outcomeCell(record *latch.Record) piece.Cell {
	switch {
	case record.Result == latch.ResultSkipped:
		return piece.Status(latch.ResultSkipped)
	case outcomeOf(record) == 2 && record.Lock.Open():
		return piece.Cell{Text: "waits for its lock", Status: "wait"}
	case outcomeOf(record) == 2:
		return piece.Cell{Text: "on its way", Status: "wait"}
	case outcomeOf(record) == 1:
		return piece.Cell{Text: "failed", Status: "bad"}
	case record.Attempts == 0:
		return piece.Cell{Text: "not sent", Status: record.Result}
	case record.Result == latch.ResultFail:
		return piece.Cell{Text: "delivered, answer means fail", Status: "bad"}
	default:
		return piece.Cell{Text: "delivered", Status: "good"}
	}
}

// spread returns the median and the largest of some durations; NaN for none.
func spread(took []int64) []float64 {
	if len(took) == 0 {
		return []float64{math.NaN(), math.NaN()}
	}
	slices.Sort(took)
	return []float64{float64(took[len(took)/2]), float64(took[len(took)-1])}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
