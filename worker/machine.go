package main

import (
	"log/slog"
	"math"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/KimMachineGun/automemlimit/memlimit"
	"go.temporal.io/sdk/worker"
)

const (
	// activitiesAtOnce bounds the activities that run at once. Most of them wait for
	// answers; one endpoint takes 500 of them at most.
	activitiesAtOnce = 2000

	// maximumCachedRuns bounds the runs that stay in memory between their tasks. A
	// run that is not there is replayed when a message comes for it, which takes
	// some milliseconds; so what waits, such as ten thousand releases for their
	// locks, need not be in memory.
	maximumCachedRuns = 2000

	// minimumCachedRuns has what is going on not replayed over and over.
	minimumCachedRuns = 100

	// bytesOfRun is what a run takes in the cache, with what the garbage collector
	// lets pile up: a release that waits for a lock, with one webhook, takes 100 KiB.
	bytesOfRun = 400 << 10

	// collectAt is by how much the heap may grow before the garbage collector runs,
	// in percent of what is in use. A delivery leaves far more behind than it keeps,
	// so that at Go's 100 a busy worker spends a sixth of its time on collecting.
	collectAt = 300

	// cachePart is the part of the memory that the cache may take: one in so many.
	cachePart = 4
)

// A fit is what the worker takes of the machine, or of what a container may have
// of it.
type fit struct {
	// cores is how many threads run Go code at once, which the runtime has from the
	// machine and the container.
	cores int
	// memory is what the worker may use, in bytes; 0 if that is unknown.
	memory uint64
	// cachedRuns is how many runs stay in memory between their tasks.
	cachedRuns int
}

// fitMachine looks at the machine, and sets the garbage collector. In a container with a limit, the garbage
// collector keeps the memory below nine tenths of it, unless GOMEMLIMIT says
// otherwise. Given is the number of cached runs that the settings want; 0 leaves
// it to the memory.
func fitMachine(given int) fit {
	memory, err := memlimit.ApplyFallback(memlimit.FromCgroup, memlimit.FromSystem)()
	if err != nil {
		memory = 0
	}
	if _, given := os.LookupEnv("GOGC"); !given {
		debug.SetGCPercent(collectAt)
	}
	_, _ = memlimit.Set() // without a limit there is nothing to keep
	if limit := debug.SetMemoryLimit(-1); limit != math.MaxInt64 && (memory == 0 || uint64(limit) < memory) {
		memory = uint64(limit)
	}
	return fit{cores: runtime.GOMAXPROCS(0), memory: memory, cachedRuns: cachedRuns(memory, given)}
}

// cachedRuns returns how many runs fit into the part of the memory that is for
// them.
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

// apply sets the worker's options, and the cache that all workers of the process
// share. Pollers come and go as the server says that tasks wait: as many as there
// are tasks at fifty runs at once, one or two when nothing happens. That takes a
// fifth less of the server's work and the worker's for a job than the SDK's two.
//
// The slots stay fixed. A tuner that gives them out by the machine's load stops
// when others load it, although what most activities do is wait.
func (f fit) apply(options *worker.Options) {
	worker.SetStickyWorkflowCacheSize(f.cachedRuns)
	options.MaxConcurrentActivityExecutionSize = activitiesAtOnce
	options.WorkflowTaskPollerBehavior = worker.NewPollerBehaviorAutoscaling(worker.PollerBehaviorAutoscalingOptions{})
	options.ActivityTaskPollerBehavior = worker.NewPollerBehaviorAutoscaling(worker.PollerBehaviorAutoscalingOptions{})
}

// attributes are what the log says of it.
func (f fit) attributes() []any {
	return []any{slog.Int("cores", f.cores), slog.Uint64("memory_mib", f.memory>>20), slog.Int("cached_runs", f.cachedRuns),
		slog.Int("activities_at_once", activitiesAtOnce), slog.String("pollers", "by load")}
}
