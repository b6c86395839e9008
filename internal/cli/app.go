package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"strings"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/apiclient"
)

// app is the command line with what surrounds it, so that tests can put
// buffers, a clock's pace and a Temporal client of their own there.
type app struct {
	in       io.Reader
	out, err io.Writer
	// environ is the environment, as os.Environ gives it.
	environ []string
	// terminal tells whether out is one: then there are tables.
	terminal bool
	// interactive tells whether in is one: then a person may be asked.
	interactive bool
	dial        func(ctx context.Context) (temporalClient, error)
	// pollInterval is the pace of --watch.
	pollInterval time.Duration
	userName     func() string

	// What flags and environment say.
	output   string
	settings settings
	// api is the HTTP API, where commands speak to one and not to Temporal.
	api *apiclient.Client
	// ran tells that a command's own code began: an error before is one of usage.
	ran bool
}

// Run runs the command line of the process with the arguments, and returns its
// exit code. It ends early where the context does.
func Run(ctx context.Context, args []string) int { return newApp().run(ctx, args) }

func newApp() *app {
	return &app{
		in: os.Stdin, out: os.Stdout, err: os.Stderr,
		environ:      os.Environ(),
		terminal:     isTerminal(os.Stdout),
		interactive:  isTerminal(os.Stdin),
		dial:         dial,
		pollInterval: time.Second,
		userName:     userName,
	}
}

// run runs the command line and gives its exit code.
func (a *app) run(ctx context.Context, args []string) int {
	root := a.rootCommand()
	root.SetArgs(args)
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	command, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	if !a.ran {
		err = usageError(fmt.Errorf("%w\nRun '%s --help' for usage", err, command.CommandPath()))
	}
	return a.report(err)
}

// report prints an error and gives its exit code. With --output json there is
// an object on standard output too, unless the command has written one.
func (a *app) report(err error) int {
	failure := explain(err)
	a.printStanding(failure.Record)
	if failure.text != "" {
		fmt.Fprintln(a.err, "Error: "+printable(failure.text))
	}
	if a.json() && !failure.reported {
		a.printJSON(map[string]any{"error": failure})
	}
	return failure.code
}

// printStanding prints the record that stands, of a lock that was used before.
func (a *app) printStanding(encoded json.RawMessage) {
	var record latch.Record
	if !a.json() && json.Unmarshal(encoded, &record) == nil && record.DeliveryID != "" {
		a.printRecord(&record)
	}
}

func (a *app) json() bool { return a.output == "json" }

// colour reports whether to colour the table: on a terminal, unless NO_COLOR is
// set (no-color.org).
func (a *app) colour() bool { return a.terminal && !a.json() && a.getenv("NO_COLOR") == "" }

func (a *app) getenv(name string) string {
	for _, entry := range a.environ {
		if value, is := strings.CutPrefix(entry, name+"="); is {
			return value
		}
	}
	return ""
}

func isTerminal(file *os.File) bool {
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// userName is the name of the operating system's user, for --by.
func userName() string {
	current, err := user.Current()
	if err != nil {
		return os.Getenv("USER")
	}
	return current.Username
}

// interrupted reports whether the person, and no deadline, ended the wait.
func interrupted(ctx context.Context) bool { return errors.Is(ctx.Err(), context.Canceled) }
