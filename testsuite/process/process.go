package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/latch-run/latch/testsuite/ready"
)

// raceReport is how the race detector begins a report.
const raceReport = "WARNING: DATA RACE"

// outputDelay bounds the wait for output after a process's end, if a child that outlives it
// holds the stream open.
const outputDelay = 20 * time.Second

// Command is the command to run.
type Command struct {
	Path string
	Args []string
	Dir  string   // the caller's if empty
	Env  []string // "NAME=value"; the caller's own environment only provides PATH and TMPDIR

	// Stdin is read to its end; nil is empty.
	Stdin io.Reader

	// Attributes changes how the system starts it, such as in another root; nil
	// changes nothing.
	Attributes func(*syscall.SysProcAttr)
}

// Process is a started command. Its methods may be called from any goroutine.
type Process struct {
	Stdout, Stderr *Output

	command *exec.Cmd
	ended   chan struct{} // closed when the process has ended and its output is complete
	waitErr error         // of the wait; read after ended
}

// Result is the result of a command.
type Result struct {
	// ExitCode is -1 if a signal ended it.
	ExitCode       int
	Stdout, Stderr string
}

// Begin starts a command, which the caller ends with Terminate or Kill.
func Begin(c Command) (*Process, error) {
	command := exec.Command(c.Path, c.Args...)
	command.Dir = c.Dir
	command.Env = append(inherited(), c.Env...)
	command.Stdin = c.Stdin
	command.WaitDelay = outputDelay
	// In its own group it does not receive a terminal's Ctrl-C, which the caller passes on.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if c.Attributes != nil {
		c.Attributes(command.SysProcAttr)
	}
	p := &Process{Stdout: newOutput(), Stderr: newOutput(), command: command, ended: make(chan struct{})}
	command.Stdout, command.Stderr = p.Stdout, p.Stderr
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("process: starting %s: %w", c.Path, err)
	}
	go func() {
		defer close(p.ended)
		p.waitErr = command.Wait()
	}()
	return p, nil
}

// Start is Begin for a test: at the test's end the process is killed if it runs, and a report
// of the race detector fails the test.
func Start(t testing.TB, c Command) *Process {
	t.Helper()
	p, err := Begin(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.Kill() // it ended before: nothing to do
		if err := p.Races(); err != nil {
			t.Errorf("%v", err)
		}
	})
	return p
}

// Races returns what the race detector has reported so far, or nil.
func (p *Process) Races() error {
	stderr := p.Stderr.String()
	if at := strings.Index(stderr, raceReport); at >= 0 {
		return fmt.Errorf("%s: %s", p.command.Path, stderr[at:])
	}
	return nil
}

// Run runs a command to its end. An exit code other than 0 is a result. It returns an error if
// the command could not run, or if the context ended it.
func Run(ctx context.Context, c Command) (Result, error) {
	p, err := Begin(c)
	if err != nil {
		return Result{}, err
	}
	code, err := p.Wait(ctx)
	if err != nil {
		_ = p.Kill() // it may have ended just now
	}
	return Result{ExitCode: code, Stdout: p.Stdout.String(), Stderr: p.Stderr.String()}, err
}

// ID is the process id.
func (p *Process) ID() int {
	return p.command.Process.Pid
}

// Ended is closed when the process has ended.
func (p *Process) Ended() <-chan struct{} {
	return p.ended
}

// Wait returns the exit code once the process has ended, or -1 if a signal ended it. If the
// context ends first, it returns the context's error and leaves the process running.
func (p *Process) Wait(ctx context.Context) (int, error) {
	select {
	case <-p.ended:
		return p.exitCode()
	case <-ctx.Done():
		return -1, fmt.Errorf("process: %s still runs: %w; stderr ends %q",
			p.command.Path, context.Cause(ctx), tail(p.Stderr.String()))
	}
}

// Terminate sends SIGTERM and waits for the exit code.
func (p *Process) Terminate(ctx context.Context) (int, error) {
	if err := p.Signal(syscall.SIGTERM); err != nil {
		return -1, err
	}
	return p.Wait(ctx)
}

// Kill sends SIGKILL. It returns when the process is gone, and fails if the process had already
// ended.
func (p *Process) Kill() error {
	if err := p.Signal(syscall.SIGKILL); err != nil {
		return err
	}
	<-p.ended
	return nil
}

// Signal sends any signal; it fails if the process has ended.
func (p *Process) Signal(signal syscall.Signal) error {
	if err := p.command.Process.Signal(signal); err != nil {
		return fmt.Errorf("process: %s: sending %s: %w", p.command.Path, signal, err)
	}
	return nil
}

// AwaitReady returns once a URL, such as a worker's /readyz, answers 200. If the process or the
// context ends first, it fails with the end of the process's stderr.
func (p *Process) AwaitReady(ctx context.Context, url string) error {
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		last := ready.Check(ctx, url)
		if last == nil && !p.hasEnded() { // otherwise another process answers
			return nil
		}
		select {
		case <-p.ended:
			code, _ := p.exitCode() // the message below has all there is
			return fmt.Errorf("process: %s ended with code %d before %s was ready; stderr ends %q",
				p.command.Path, code, url, tail(p.Stderr.String()))
		case <-ctx.Done():
			return fmt.Errorf("process: %s is not ready: %w (last: %w); stderr ends %q",
				p.command.Path, context.Cause(ctx), last, tail(p.Stderr.String()))
		case <-ticker.C:
		}
	}
}

func (p *Process) hasEnded() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// exitCode is the code after the end.
func (p *Process) exitCode() (int, error) {
	_, exited := errors.AsType[*exec.ExitError](p.waitErr)
	if p.waitErr == nil || exited || errors.Is(p.waitErr, exec.ErrWaitDelay) {
		return p.command.ProcessState.ExitCode(), nil
	}
	return -1, fmt.Errorf("process: %s: %w", p.command.Path, p.waitErr)
}

// inherited is the part of the caller's environment that every process needs. It excludes the
// personal settings of whoever runs the tests.
func inherited() []string {
	var env []string
	for _, name := range []string{"PATH", "TMPDIR"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}
