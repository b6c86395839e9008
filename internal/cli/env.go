package cli

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/backend"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/cli/output"
	environment "github.com/latch-run/latch/internal/settings"
)

// An env is the environment of the commands: where they print, their environment variables and
// settings, and the backend. A test replaces these with buffers, a pace and a fake Temporal.
type env struct {
	out *output.Printer
	// environ is the environment in the format of os.Environ.
	environ lookup
	// dial connects to Temporal.
	dial func(context.Context) (*backend.Connection, error)
	// pollInterval is the pace of --watch.
	pollInterval time.Duration
	userName     func() string

	// Read from flags and environment.
	settings settings
	// api is the API that replaces Temporal, or nil. apiFrom is the flag or the variable that
	// sets it.
	api     *backend.API
	apiFrom string
}

// settings are read from flags and environment, apart from the connection to Temporal.
type settings struct {
	environment.CommandLine
	// givenQueue is the configured task queue, and empty if TaskQueue is the default.
	givenQueue string
}

func readSettings(environ []string) (settings, error) {
	given, err := environment.From[environment.CommandLine](environ)
	if err != nil {
		return settings{}, failure.OfUsage(err)
	}
	read := settings{CommandLine: given, givenQueue: given.TaskQueue}
	read.TaskQueue = cmp.Or(read.TaskQueue, latch.DefaultTaskQueue)
	return read, nil
}

// prepare reads the settings before the command runs.
func (e *env) prepare(command *cobra.Command, json bool) error {
	e.out.JSON, e.out.Plain = json, e.environ.get("NO_COLOR") != "" // no-color.org
	var err error
	if e.settings, err = readSettings(e.environ); err != nil {
		return err
	}
	if queue, _ := command.Flags().GetString("task-queue"); queue != "" {
		e.settings.TaskQueue, e.settings.givenQueue = queue, queue
	}
	if err := e.prepareAPI(command); err != nil {
		return err
	}
	if isRemote(command) {
		warnOfUnknown(e, false)
	}
	return nil
}

// prepareAPI creates the backend over the API if one is configured. A command that asks no
// server refuses the flag and ignores the variable.
func (e *env) prepareAPI(command *cobra.Command) error {
	e.apiFrom = "LATCH_API"
	if flag := command.Flags().Lookup("api"); flag != nil && flag.Changed {
		e.settings.API, e.apiFrom = flag.Value.String(), "--api"
	}
	switch {
	case e.settings.API == "":
		return nil
	case isRemote(command):
	case e.apiFrom == "--api":
		return fmt.Errorf("%s asks no server, and takes no --api", command.CommandPath())
	default:
		return nil
	}
	var err error
	if e.api, err = backend.NewAPI(e.settings.API, e.settings.APIKey, e.out.Warnf); err != nil {
		return fmt.Errorf("%s: %w", e.apiFrom, err)
	}
	if by := command.Flags().Lookup("by"); by != nil && by.Changed {
		e.out.Warnf("the API records the name of the key, and not --by %s", output.Shell(by.Value.String()))
	}
	return nil
}

// warnOfUnknown names the variables that nothing reads: either only those that look mistyped,
// or all. A user's environment may contain variables of another program with similar names.
func warnOfUnknown(e *env, all bool) {
	for _, unknown := range environment.Unknowns(e.environ) {
		if all || unknown.Meant != "" {
			e.out.Warnf("%s", output.Printable(unknown.String()))
		}
	}
}

// A lookup is an environment in the format of os.Environ, for envconfig.
type lookup []string

// Environ returns all variables.
func (l lookup) Environ() []string { return l }

// LookupEnv returns one variable.
func (l lookup) LookupEnv(name string) (string, bool) {
	for _, setting := range l {
		if value, is := strings.CutPrefix(setting, name+"="); is {
			return value, true
		}
	}
	return "", false
}

// get returns a variable, or "" if it is not set.
func (l lookup) get(name string) string {
	value, _ := l.LookupEnv(name)
	return value
}
