//go:build !linux

package hang

import "time"

// CPUTime runs a function and returns how long it took. Only on Linux is the
// time left out that other processes took.
func CPUTime(function func()) time.Duration {
	begun := time.Now()
	function()
	return time.Since(begun)
}
