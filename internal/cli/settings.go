package cli

import (
	"cmp"

	"github.com/latch-run/latch"
	environment "github.com/latch-run/latch/internal/settings"
)

// settings are what the environment says beside the connection to Temporal.
type settings struct {
	environment.CommandLine
	// givenQueue is the task queue where one is given, and empty where
	// TaskQueue is the default.
	givenQueue string
}

func readSettings(environ []string) (settings, error) {
	given, err := environment.From[environment.CommandLine](environ)
	if err != nil {
		return settings{}, usageError(err)
	}
	read := settings{CommandLine: given, givenQueue: given.TaskQueue}
	read.TaskQueue = cmp.Or(read.TaskQueue, latch.DefaultTaskQueue)
	return read, nil
}

// warnOfUnknown names the variables that nothing reads: the mistyped ones alone,
// or all of them. Another program's of a like name may stand in the environment
// of whoever types a command.
func (a *app) warnOfUnknown(all bool) {
	for _, unknown := range environment.Unknowns(a.environ) {
		if all || unknown.Meant != "" {
			a.warn("%s", printable(unknown.String()))
		}
	}
}
