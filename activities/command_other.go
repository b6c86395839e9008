//go:build !unix

package activities

import (
	"os"
	"os/exec"
)

// inOwnGroup does nothing on systems without process groups: only the command itself is killed
// when its context ends.
func inOwnGroup(*exec.Cmd) (killGroup func()) { return func() {} }

// exitStatus returns the exit status of a program.
func exitStatus(state *os.ProcessState) int { return state.ExitCode() }
