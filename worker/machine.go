package main

import (
	"log/slog"
	"math"
	"runtime"
	"runtime/debug"

	"github.com/KimMachineGun/automemlimit/memlimit"
	"go.temporal.io/sdk/worker"

	"github.com/latch-run/latch/internal/collector"
	"github.com/latch-run/latch/internal/wire"
)

const (
	// activitiesAtOnce bounds the concurrent activities. Most of them wait for answers. One
	// endpoint takes at most 500 of them.
	activitiesAtOnce = 2000

	// maximumCachedRuns bounds the runs that stay in memory between their tasks. A run that is
	// not in memory is replayed when a message arrives, which takes some milliseconds. So
	// waiting runs, such as ten thousand releases with locks, need not be in memory.
	maximumCachedRuns = 2000

	// minimumCachedRuns prevents active runs from being replayed again and again.
	minimumCachedRuns = 100

	// bytesOfRun is the memory of a cached run, including garbage that has not been collected:
	// a release that waits for a lock, with one webhook, takes 100 KiB.
	bytesOfRun = 400 << 10

	// cachePart is the divisor for the cache's part of the memory.
	cachePart = 4
)

// A fit describes how much of the machine, or of its container, the worker uses.
type fit struct {
	// cores is how many threads run Go code concurrently. The runtime determines it from the
	// machine and the container.
	cores int
	// memory is what the worker may use, in bytes, or 0 if that is unknown.
	memory uint64
	// cachedRuns is how many runs stay in memory between their tasks.
	cachedRuns int
}

// fitMachine measures the machine, and configures the garbage collector. In a container with a
// limit, the garbage collector keeps the memory below nine tenths of the limit, unless
// GOMEMLIMIT is set. given is the configured number of cached runs; 0 derives it from the
// memory.
func fitMachine(given int) fit {
	memory, err := memlimit.ApplyFallback(memlimit.FromCgroup, memlimit.FromSystem)()
	if err != nil {
		memory = 0
	}
	collector.Set()
	if limit := debug.SetMemoryLimit(-1); limit != math.MaxInt64 && (memory == 0 || uint64(limit) < memory) {
		memory = uint64(limit)
	}
	return fit{cores: runtime.GOMAXPROCS(0), memory: memory, cachedRuns: cachedRuns(memory, given)}
}

// cachedRuns returns how many runs fit into the cache's part of the memory.
func cachedRuns(memory uint64, given int) int {
	switch {
	case given > 0:
		return given
	case memory == 0:
		return maximumCachedRuns
	default:
		return int(min(max(memory/cachePart/bytesOfRun, minimumCachedRuns), maximumCachedRuns))
	}
}

// apply sets the worker's options, and the cache that all workers of the process share.
//
// The number of slots is fixed. A tuner that depends on the machine's load stops handing out
// slots when other processes load the machine, although most activities only wait.
func (f fit) apply(options *worker.Options) {
	worker.SetStickyWorkflowCacheSize(f.cachedRuns)
	options.MaxConcurrentActivityExecutionSize = activitiesAtOnce
	options.WorkflowTaskPollerBehavior = wire.Pollers()
	options.ActivityTaskPollerBehavior = wire.Pollers()
}

// attributes returns the fields of the log line about the fit.
func (f fit) attributes() []any {
	return []any{slog.Int("cores", f.cores), slog.Uint64("memory_mib", f.memory>>20), slog.Int("cached_runs", f.cachedRuns),
		slog.Int("activities_at_once", activitiesAtOnce), slog.String("pollers", "by load")}
}
