//go:build !linux

package hang

import "time"

// CPUTime runs a function and returns how long it took. Only on Linux does it exclude the time
// of other processes.
func CPUTime(function func()) time.Duration {
	begun := time.Now()
	function()
	return time.Since(begun)
}
