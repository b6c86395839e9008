//go:build !unix

package activities

import (
	"os"
	"os/exec"
)

// inOwnGroup has nothing to do where there are no process groups: the command
// itself is killed when its context ends.
func inOwnGroup(*exec.Cmd) (killGroup func()) { return func() {} }

// exitStatus returns what a program exited with.
func exitStatus(state *os.ProcessState) int { return state.ExitCode() }
