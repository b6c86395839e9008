//go:build !unix

package activities

import "os/exec"

// inOwnGroup has nothing to do where there are no process groups: the command
// itself is killed when its context ends.
func inOwnGroup(*exec.Cmd) (killGroup func()) { return func() {} }
