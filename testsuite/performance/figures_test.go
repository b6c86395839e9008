package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTheMiddleAndTheSpread(t *testing.T) {
	t.Parallel()
	require.Equal(t, Spread{Median: 2, Min: 1, Max: 9, All: []float64{9, 1, 2}}, spreadOf([]float64{9, 1, 2}))
	require.InDelta(t, 1.5, median([]float64{2, 1}), 0)
	require.Equal(t, Spread{}, spreadOf(nil))
}

func TestAPercentileIsATimeThatWasMeasured(t *testing.T) {
	t.Parallel()
	var times []time.Duration
	for n := range 100 {
		times = append(times, time.Duration(100-n))
	}
	require.Equal(t, time.Duration(50), percentile(times, 0.5))
	require.Equal(t, time.Duration(99), percentile(times, 0.99))
	require.Equal(t, time.Duration(100), percentile(times, 1))
	require.Equal(t, time.Duration(7), percentile([]time.Duration{7}, 0.99))
	require.Zero(t, percentile(nil, 0.5))
}

// A ratio is taken of figures of the same round, so that a slow hour falls out.
func TestGoals(t *testing.T) {
	t.Parallel()
	figures := map[string][]float64{onehand: {10, 100, 1000}, ours: {20, 150, 3000}}
	for _, test := range []struct {
		goal    goal
		reached float64
		met     bool
		text    string
	}{
		{ratio{of: onehand, atLeast: 2}, 2, true, "goal: at least 2 × by hand: met, 2 ×"},
		{ratio{of: onehand, atLeast: 2.5}, 2, false, "goal: at least 2.5 × by hand: missed, 2 ×"},
		{ratio{of: onehand, atMostIt: 1.5}, 2, false, "goal: at most 1.5 × by hand: missed, 2 ×"},
		{ratio{of: onehand, atMostIt: 2}, 2, true, "goal: at most 2 × by hand: met, 2 ×"},
		{atMost(150), 150, true, "goal: at most 150: met"},
		{atMost(149), 150, false, "goal: at most 149: missed"},
	} {
		got := test.goal.judge(figures)
		require.InDelta(t, test.reached, got.Reached, 0)
		require.Equal(t, test.met, got.Met, test.goal)
		require.Equal(t, test.text, got.text())
	}
}

func TestFiguresAreShort(t *testing.T) {
	t.Parallel()
	for figure, want := range map[float64]string{
		0: "0", 1: "1", 1.234: "1.23", 12.34: "12.3", 123.4: "123", 999.6: "1,000", 1234: "1,234", 1234567: "1,234,567", 1000: "1,000",
	} {
		require.Equal(t, want, short(figure))
	}
}
