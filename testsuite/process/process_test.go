package process_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/testsuite/freeport"
	"github.com/latch-run/latch/testsuite/process"
)

const command = "./testdata/command"

// binaries build this package's test command, without and with the race detector.
var binaries, racing *process.Builder

func TestMain(m *testing.M) {
	var plainErr, raceErr error
	binaries, plainErr = process.NewBuilder(".", false)
	racing, raceErr = process.NewBuilder(".", true)
	if err := errors.Join(plainErr, raceErr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if err := errors.Join(binaries.Close(), racing.Close()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func built(t *testing.T, b *process.Builder) string {
	t.Helper()
	path, err := b.Build(t.Context(), command)
	require.NoError(t, err)
	return path
}

// serving starts the test command as a server and returns its URL.
func serving(t *testing.T, extra ...string) (p *process.Process, url string) {
	t.Helper()
	address := fmt.Sprintf("127.0.0.1:%d", freeport.Must())
	p = process.Start(t, process.Command{Path: built(t, binaries), Args: append([]string{"serve", address}, extra...)})
	return p, "http://" + address + "/readyz"
}

func TestABuildIsMadeOnce(t *testing.T) {
	t.Parallel()
	path := built(t, binaries)
	info, err := os.Stat(path)
	require.NoError(t, err)

	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			again, err := binaries.Build(t.Context(), command)
			if again != path || err != nil {
				t.Errorf("built %s, then %s: %v", path, again, err)
			}
		})
	}
	group.Wait()
	unchanged, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, info.ModTime(), unchanged.ModTime())
}

func TestABuildThatFailsSaysWhy(t *testing.T) {
	t.Parallel()
	_, err := binaries.Build(t.Context(), "./testdata/none")
	require.ErrorContains(t, err, "./testdata/none")
	require.ErrorContains(t, err, "directory not found")
}

func TestTheModuleIsFound(t *testing.T) {
	t.Parallel()
	dir, err := process.ModuleDir(t.Context(), "github.com/latch-run/latch/testsuite")
	require.NoError(t, err)
	require.FileExists(t, dir+"/process/process_test.go")

	_, err = process.ModuleDir(t.Context(), "example.com/none")
	require.ErrorContains(t, err, "process is not in a checkout of example.com/none, ")
}

// A program that was started outside of the checkout says where to start it, in one line.
func TestTheModuleIsNotFoundElsewhere(t *testing.T) {
	folder := t.TempDir()
	t.Chdir(folder)
	_, err := process.ModuleDir(t.Context(), "github.com/latch-run/latch")
	require.EqualError(t, err, folder+" is not in a checkout of github.com/latch-run/latch, whose commands are built here: "+
		"start this in the folder of one")

	require.NoError(t, os.WriteFile("go.mod", []byte("module x\n\ngo nonsense\n"), 0o600))
	_, err = process.ModuleDir(t.Context(), "github.com/latch-run/latch")
	require.ErrorContains(t, err, "start this in the folder of one (go: errors parsing go.mod")
	require.NotContains(t, err.Error(), "\n")

	t.Setenv("PATH", folder)
	_, err = process.ModuleDir(t.Context(), "github.com/latch-run/latch")
	require.EqualError(t, err, "the commands of github.com/latch-run/latch are built here, and no go is in PATH: install Go (https://go.dev/doc/install)")
}

func TestRunGivesOutputAndExitCode(t *testing.T) {
	t.Parallel()
	got, err := process.Run(t.Context(), process.Command{
		Path: built(t, binaries), Args: []string{"copy"}, Stdin: strings.NewReader("from stdin"),
	})
	require.NoError(t, err)
	require.Equal(t, process.Result{ExitCode: 3, Stdout: "from stdin", Stderr: "complaint\n"}, got)
}

func TestACommandThatIsNotThereIsAnError(t *testing.T) {
	t.Parallel()
	_, err := process.Run(t.Context(), process.Command{Path: "/none/command"})
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestTheEnvironmentOfTheCallerStaysOut(t *testing.T) {
	t.Setenv("LATCH_TEST_OF_THE_CALLER", "leaks")
	got, err := process.Run(t.Context(), process.Command{
		Path: built(t, binaries), Args: []string{"env"}, Env: []string{"LATCH_GIVEN=value"},
	})
	require.NoError(t, err)
	require.Contains(t, got.Stdout, "LATCH_GIVEN=value\n")
	require.Contains(t, got.Stdout, "PATH=")
	require.NotContains(t, got.Stdout, "leaks")
	require.NotContains(t, got.Stdout, "HOME=")
}

func TestTerminateWaitsForTheExitCode(t *testing.T) {
	t.Parallel()
	p, url := serving(t)
	require.NoError(t, p.AwaitReady(t.Context(), url))
	code, err := p.Terminate(t.Context())
	require.NoError(t, err)
	require.Equal(t, 7, code)
	require.Equal(t, "terminated\n", p.Stdout.String())
	require.ErrorIs(t, p.Signal(syscall.SIGTERM), os.ErrProcessDone)
}

func TestKillEndsAProcessThatWouldStay(t *testing.T) {
	t.Parallel()
	p, url := serving(t, "stubborn")
	require.NoError(t, p.AwaitReady(t.Context(), url))
	require.NoError(t, p.Signal(syscall.SIGTERM))
	_, err := p.Stdout.Wait(t.Context(), "terminated")
	require.NoError(t, err)

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = p.Wait(ended)
	require.ErrorContains(t, err, "still runs")

	require.NoError(t, p.Kill())
	code, err := p.Wait(t.Context())
	require.NoError(t, err)
	require.Equal(t, -1, code)
	require.ErrorIs(t, p.Kill(), os.ErrProcessDone)
}

func TestRunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := process.Run(ctx, process.Command{Path: built(t, binaries), Args: []string{"serve", "127.0.0.1:0"}})
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestAProcessThatEndsIsNeverReady(t *testing.T) {
	t.Parallel()
	p := process.Start(t, process.Command{Path: built(t, binaries), Args: []string{"copy"}})
	err := p.AwaitReady(t.Context(), fmt.Sprintf("http://127.0.0.1:%d", freeport.Must()))
	require.ErrorContains(t, err, "ended with code 3")
	require.ErrorContains(t, err, "complaint")
}

func TestWhatAnotherProcessAnswersDoesNotMakeOneReady(t *testing.T) {
	t.Parallel()
	p := process.Start(t, process.Command{Path: built(t, binaries), Args: []string{"copy"}})
	<-p.Ended()
	another, url := serving(t)
	require.NoError(t, another.AwaitReady(t.Context(), url))
	require.ErrorContains(t, p.AwaitReady(t.Context(), url), "ended with code 3")
}

func TestARaceFailsTheTestThatStartedTheProcess(t *testing.T) {
	t.Parallel()
	can, err := process.CanRace(t.Context())
	require.NoError(t, err)
	if !can && os.Getenv("CI") == "" {
		t.Skip("no C compiler, so no race detector")
	}
	require.True(t, can, "CI has a C compiler, for the race detector")
	recorded := &recorder{TB: t}
	p := process.Start(recorded, process.Command{Path: built(t, racing), Args: []string{"race"}})
	code, err := p.Wait(t.Context())
	require.NoError(t, err)
	require.Equal(t, 66, code, "the race detector's own exit code")
	recorded.end()
	require.Contains(t, recorded.failure, "DATA RACE")
}

func TestOutputIsBounded(t *testing.T) {
	t.Parallel()
	p := process.Start(t, process.Command{
		Path: built(t, binaries), Args: []string{"copy"}, Stdin: strings.NewReader(strings.Repeat("x", 16<<20+5)),
	})
	_, err := p.Wait(t.Context())
	require.NoError(t, err)
	text := p.Stdout.String()
	require.Len(t, strings.TrimSuffix(text, "\n[5 bytes more]\n"), 16<<20)
}

// recorder is a test that remembers its failure instead of failing.
type recorder struct {
	testing.TB
	cleanup func()
	failure string
}

func (r *recorder) Helper()                      {}
func (r *recorder) Cleanup(f func())             { r.cleanup = f }
func (r *recorder) Errorf(f string, args ...any) { r.failure = fmt.Sprintf(f, args...) }
func (r *recorder) end()                         { r.cleanup() }
