package main

import (
	"math"
	"slices"
	"time"
)

// A Spread is the median of some figures with their range.
type Spread struct {
	Median float64   `json:"median"`
	Min    float64   `json:"min"`
	Max    float64   `json:"max"`
	All    []float64 `json:"all"`
}

// spreadOf returns the spread of figures, which is zero if there are none.
func spreadOf(all []float64) Spread {
	if len(all) == 0 {
		return Spread{}
	}
	return Spread{Median: median(all), Min: slices.Min(all), Max: slices.Max(all), All: all}
}

// median returns the middle figure, or the mean of the two middle ones.
func median(all []float64) float64 {
	sorted := slices.Sorted(slices.Values(all))
	half := len(sorted) / 2
	if len(sorted)%2 == 0 {
		return (sorted[half-1] + sorted[half]) / 2
	}
	return sorted[half]
}

// percentile returns the smallest of the times that is not exceeded by the
// given part of them, between 0 and 1. It returns 0 if there are none.
func percentile(times []time.Duration, part float64) time.Duration {
	if len(times) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(times))
	rank := int(math.Ceil(part * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// milliseconds returns a duration as the reports show it.
func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
