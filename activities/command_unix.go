//go:build unix

package activities

import (
	"os"
	"os/exec"
	"syscall"
)

// inOwnGroup starts the command as the leader of a process group, which gets SIGTERM when the
// command's context ends. The function that it returns kills the group.
func inOwnGroup(command *exec.Cmd) (killGroup func()) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGTERM) }
	return func() {
		if command.Process != nil {
			// ESRCH is the normal case: all processes have ended.
			_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
		}
	}
}

// exitStatus returns the exit status of a program, or the negative number of the signal that
// killed it.
func exitStatus(state *os.ProcessState) int {
	if status, known := state.Sys().(syscall.WaitStatus); known && status.Signaled() {
		return -int(status.Signal())
	}
	return state.ExitCode()
}
