package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/latch-run/latch/internal/hang"
	"github.com/latch-run/latch/testsuite/process"
)

// A Member is one process of the cluster. It keeps its addresses after a restart.
type Member struct {
	// Name is a name such as "worker 2".
	Name string

	// URL is the base of the HTTP that it serves, or empty for Temporal.
	URL string

	command process.Command
	// ready returns once the process serves.
	ready func(context.Context, *process.Process) error

	mu      sync.Mutex
	process *process.Process
	stdin   *os.File // kept open as long as the process should live
}

// Start starts a stopped member, and returns once it serves.
func (m *Member) Start(ctx context.Context) error {
	if err := m.Launch(); err != nil {
		return err
	}
	return m.AwaitReady(ctx)
}

// Launch starts the process of a stopped member.
func (m *Member) Launch() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	defer read.Close()
	command := m.command
	command.Stdin = read
	p, err := process.Begin(command)
	if err != nil {
		return errors.Join(fmt.Errorf("%s: %w", m.Name, err), write.Close())
	}
	m.process, m.stdin = p, write
	return nil
}

// AwaitReady returns once the member serves. Its error contains the end of the process's
// output.
func (m *Member) AwaitReady(ctx context.Context) error { return m.await(ctx, "is not ready", m.ready) }

// AwaitLog returns once the member has logged a text since its last start.
func (m *Member) AwaitLog(ctx context.Context, text string) error {
	return m.await(ctx, fmt.Sprintf("did not log %q", text), func(ctx context.Context, p *process.Process) error {
		_, err := p.Stderr.Wait(ctx, text)
		return err
	})
}

// await waits for at most [hang.Limit], and not beyond the process's end.
func (m *Member) await(ctx context.Context, failure string, until func(context.Context, *process.Process) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, hang.Limit)
	defer cancel()
	go func(p *process.Process) {
		select {
		case <-p.Ended():
			cancel()
		case <-ctx.Done():
		}
	}(m.process)
	if err := until(ctx, m.process); err != nil {
		return fmt.Errorf("%s %s: %w: %s", m.Name, failure, err, m.log())
	}
	return nil
}

// Kill sends SIGKILL. It fails if the member had already ended, or if the race detector has reported
// something.
func (m *Member) Kill() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.process.Kill(); err != nil {
		return fmt.Errorf("%s ended by itself: %w: %s", m.Name, err, m.log())
	}
	return errors.Join(m.process.Races(), m.stdin.Close())
}

// end ends a member permanently, and returns what the race detector has reported. It does nothing
// if the member never ran.
func (m *Member) end() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.process == nil {
		return nil
	}
	_ = m.stdin.Close()  // a kill has closed it
	_ = m.process.Kill() // it may have ended
	return m.process.Races()
}

// log returns the end of the process's output.
func (m *Member) log() string {
	text := m.process.Stderr.String()
	return text[max(0, len(text)-4000):]
}
