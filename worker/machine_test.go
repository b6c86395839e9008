package main

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/worker"

	"github.com/latch-run/latch/internal/wire"
)

// The cache takes a quarter of the memory. It is never so small that active runs are replayed
// again and again, and does not grow with waiting runs. The settings take precedence.
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

// The worker's start line contains what was found about the machine.
func TestTheFitIsLogged(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	found := fit{cores: 2, memory: 512 << 20, cachedRuns: 327}
	slog.New(slog.NewTextHandler(&out, nil)).With(found.attributes()...).Info("worker started")
	require.Contains(t, out.String(), `msg="worker started" cores=2 memory_mib=512 cached_runs=327 activities_at_once=2000 pollers="by load"`)
}

// The server determines the number of pollers, and the number of activities is bounded.
func TestTheFitIsApplied(t *testing.T) {
	t.Parallel()
	var options worker.Options
	fit{cachedRuns: maximumCachedRuns}.apply(&options)
	require.Equal(t, wire.Pollers(), options.WorkflowTaskPollerBehavior)
	require.Equal(t, wire.Pollers(), options.ActivityTaskPollerBehavior)
	require.Equal(t, activitiesAtOnce, options.MaxConcurrentActivityExecutionSize)
	require.Nil(t, options.Tuner)
}
