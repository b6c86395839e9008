package console

import (
	"math"
	"slices"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/console/piece"
)

// chartColumns is how many columns the charts of deliveries have.
const chartColumns = 24

// chartsOf draws the outcomes and the latency of deliveries over their time.
func chartsOf(records []latch.Record) (outcomes, latency piece.Chart) {
	outcomes = piece.Chart{ID: "outcomes", Name: "Outcomes of the deliveries listed here", Empty: "Nothing was sent in this time.",
		Series: []piece.Series{{Name: "delivered", Tone: "good"}, {Name: "failed", Tone: "bad"}, {Name: "on its way", Tone: "wait"}}}
	latency = piece.Chart{ID: "latency", Name: "How long they took", Lines: true, Unit: " ms", Empty: "Nothing has ended in this time.",
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
	case record.CompletedAt.IsZero():
		return 2
	case record.Error != "":
		return 1
	default:
		return 0
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
