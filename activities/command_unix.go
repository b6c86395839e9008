//go:build unix

package activities

import (
	"os/exec"
	"syscall"
)

// inOwnGroup starts the command as leader of a process group, which gets
// SIGTERM when the command's context ends. What it gives kills the group.
func inOwnGroup(command *exec.Cmd) (killGroup func()) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGTERM) }
	return func() {
		if command.Process != nil {
			// ESRCH is the ordinary case: everybody has ended.
			_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
		}
	}
}
