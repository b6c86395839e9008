package hang

import (
	"runtime"
	"syscall"
	"time"
)

// CPUTime runs a function and returns the time that the processor spent on its
// goroutine. Goroutines that the function starts do not count.
func CPUTime(function func()) time.Duration {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	begun := threadTime()
	function()
	return threadTime() - begun
}

func threadTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_THREAD, &usage); err != nil {
		panic(err) // the arguments are right
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
