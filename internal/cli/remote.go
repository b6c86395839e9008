package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch/internal/cli/backend"
	"github.com/latch-run/latch/internal/cli/output"
)

// An opener opens the backend that flags and environment choose. A command calls it
// once all that can be checked without a server is right; what it opened is closed
// when the command has ended.
type opener func(context.Context) (backend.Backend, error)

// annotationRemote marks the commands that ask a server.
const annotationRemote = "latch:remote"

// remote makes a command of one that asks a server. Only so does a command get a
// backend, and does it take --api.
func remote(e *env, command *cobra.Command, run func(ctx context.Context, open opener, args []string) error) *cobra.Command {
	return remoteNeeding(e, func(backend.Backend) error { return nil }, command, run)
}

// remoteNeeding is [remote] for a command that cannot do without a part of the
// backend. An API that lacks it refuses the command before that reads any file.
func remoteNeeding(e *env, need func(backend.Backend) error, command *cobra.Command,
	run func(ctx context.Context, open opener, args []string) error,
) *cobra.Command {
	command.Annotations = map[string]string{annotationRemote: "yes"}
	command.RunE = func(cmd *cobra.Command, args []string) error {
		if e.api != nil {
			if err := need(e.api); err != nil {
				return err
			}
		}
		var opened backend.Backend
		defer func() {
			if opened != nil {
				opened.Close()
			}
		}()
		return run(cmd.Context(), func(ctx context.Context) (_ backend.Backend, err error) {
			opened, err = e.open(ctx)
			return opened, err
		}, args)
	}
	return command
}

// The parts of a backend that not every one has.
func registryOf(world backend.Backend) error {
	_, err := world.Registry()
	return err
}

func declarationsOf(world backend.Backend) error {
	_, err := world.Declarations()
	return err
}

func serverOf(world backend.Backend) error {
	_, err := world.Server()
	return err
}

func isRemote(command *cobra.Command) bool { return command.Annotations[annotationRemote] != "" }

// open opens the backend over the API where one is given, and else over Temporal.
func (e *env) open(ctx context.Context) (backend.Backend, error) {
	if e.api != nil {
		return e.api, nil
	}
	connection, err := e.dial(ctx)
	if err != nil {
		return nil, err
	}
	return backend.NewTemporal(connection, e.settings.TaskQueue, e.userName()), nil
}

// watchHint is the command that watches the run, with what a person who copies it
// needs besides; empty where the run cannot be found again.
func (e *env) watchHint(run *backend.Run) string {
	if !run.CanFind {
		return ""
	}
	hint := "starter watch " + output.Shell(run.WorkflowID)
	if e.api != nil && e.environ.get("LATCH_API") != e.settings.API {
		hint += " --api " + output.Shell(e.settings.API)
	}
	return hint
}
