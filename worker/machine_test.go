package main

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/worker"
)

// The cache takes a quarter of the memory, is never so small that what goes on is
// replayed over and over, and does not grow with what waits. The settings win.
func TestCachedRunsFitTheMemory(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	for name, each := range map[string]struct {
		memory uint64
		given  int
		want   int
	}{
		"unknown":             {0, 0, maximumCachedRuns},
		"a tiny container":    {32 * mib, 0, minimumCachedRuns},
		"a small container":   {512 * mib, 0, 327},
		"a machine":           {24 << 30, 0, maximumCachedRuns},
		"as the settings say": {512 * mib, 5000, 5000},
		"less than by itself": {24 << 30, 7, 7},
	} {
		require.Equal(t, each.want, cachedRuns(each.memory, each.given), name)
	}
}

// What was found of the machine is in the line of the worker's start.
func TestTheFitIsLogged(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	found := fit{cores: 2, memory: 512 << 20, cachedRuns: 327}
	slog.New(slog.NewTextHandler(&out, nil)).With(found.attributes()...).Info("worker started")
	require.Contains(t, out.String(), `msg="worker started" cores=2 memory_mib=512 cached_runs=327 activities_at_once=2000 pollers="by load"`)
}

// Pollers are the server's to number, and activities are bounded.
func TestTheFitIsApplied(t *testing.T) {
	t.Parallel()
	var options worker.Options
	fit{cachedRuns: maximumCachedRuns}.apply(&options)
	scaled := worker.NewPollerBehaviorAutoscaling(worker.PollerBehaviorAutoscalingOptions{})
	require.Equal(t, scaled, options.WorkflowTaskPollerBehavior)
	require.Equal(t, scaled, options.ActivityTaskPollerBehavior)
	require.Equal(t, activitiesAtOnce, options.MaxConcurrentActivityExecutionSize)
	require.Nil(t, options.Tuner)
}
