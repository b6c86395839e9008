package collector

import (
	"os"
	"runtime/debug"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// percent is by how much the heap may grow before the garbage collector runs, in
// percent of what is in use. A delivery or a call leaves far more behind than it
// keeps, so that at Go's 100 a busy worker spends a sixth of its time on
// collecting.
const percent = 300

// Set sets the garbage collector of the process, unless GOGC does. In a container
// with a memory limit it keeps the memory below nine tenths of that, unless
// GOMEMLIMIT says otherwise.
func Set() {
	_, _ = memlimit.Set() // without a limit there is nothing to keep
	if _, given := os.LookupEnv("GOGC"); !given {
		debug.SetGCPercent(percent)
	}
}
