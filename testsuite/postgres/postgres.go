package postgres

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"

	"github.com/latch-run/latch/testsuite/freeport"
	"github.com/latch-run/latch/testsuite/process"
)

// User owns the databases, and runs the server if the caller is root. It logs in without a
// password.
const User = "postgres"

// ready is the server's log line when it accepts connections.
const ready = "ready to accept connections"

// Server is a running PostgreSQL with its default settings: a commit is on the disk before it
// counts.
type Server struct {
	// Address is its host:port. It stays the same after a restart.
	Address string

	programs, folder string
	as               func(*syscall.SysProcAttr)
	process          *process.Process
}

// Start runs PostgreSQL on a free port. The folder must exist. Its subfolder "data" is created
// at the first start and reused later. If the caller is root, the user postgres must have
// access to all folders above it. The context only bounds the start.
func Start(ctx context.Context, folder string) (*Server, error) {
	programs, err := Programs()
	if err != nil {
		return nil, err
	}
	if folder, err = filepath.Abs(folder); err != nil {
		return nil, err
	}
	s := &Server{programs: programs, folder: folder}
	if s.as, err = runAs(folder); err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(s.data(), "PG_VERSION")); err != nil {
		if err := s.initialize(ctx); err != nil {
			return nil, err
		}
	}
	if s.Address, err = freeport.Address(); err != nil {
		return nil, err
	}
	return s, s.run(ctx)
}

func (s *Server) data() string { return filepath.Join(s.folder, "data") }

func (s *Server) initialize(ctx context.Context) error {
	result, err := process.Run(ctx, process.Command{Path: filepath.Join(s.programs, "initdb"), Dir: s.folder, Attributes: s.as,
		Args: []string{"-D", s.data(), "-U", User, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"}})
	if err == nil && result.ExitCode != 0 {
		err = fmt.Errorf("exit code %d: %s%s", result.ExitCode, result.Stdout, result.Stderr)
	}
	if err != nil {
		return fmt.Errorf("initdb in %s: %w", s.folder, err)
	}
	return nil
}

// run starts the server's process and returns once it accepts connections. If the process ends
// first, the error contains its output.
func (s *Server) run(ctx context.Context) error {
	host, port, err := net.SplitHostPort(s.Address)
	if err != nil {
		return err
	}
	begun, err := process.Begin(process.Command{Path: filepath.Join(s.programs, "postgres"), Dir: s.folder, Attributes: s.as,
		Args: []string{"-D", s.data(), "-h", host, "-p", port, "-k", "", "-N", "300"}})
	if err != nil {
		return err
	}
	s.process = begun
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-s.process.Ended():
			cancel()
		case <-ctx.Done():
		}
	}()
	if _, err := s.process.Stderr.Wait(ctx, ready); err != nil {
		_ = s.process.Kill() // it may have ended
		return fmt.Errorf("postgres did not start: %w", err)
	}
	return nil
}

// Stop closes its connections and its files, and returns when it has ended. Stopping a stopped
// server does nothing.
func (s *Server) Stop() error { return s.end(syscall.SIGINT) }

// Resume starts it again after Stop, at the same address.
func (s *Server) Resume(ctx context.Context) error { return s.run(ctx) }

// Crash ends it at once, without a checkpoint, and restarts it at the same address: committed
// data is recovered from the log.
func (s *Server) Crash(ctx context.Context) error {
	if err := s.end(syscall.SIGQUIT); err != nil {
		return err
	}
	return s.run(ctx)
}

func (s *Server) end(signal syscall.Signal) error {
	if s.process == nil {
		return nil // it never ran
	}
	select {
	case <-s.process.Ended():
		return nil
	default:
	}
	if err := s.process.Signal(signal); err != nil {
		return err
	}
	<-s.process.Ended()
	return nil
}
