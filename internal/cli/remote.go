package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch/internal/cli/backend"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/cli/output"
)

// An opener opens the backend that flags and environment choose. A command calls it after all
// checks that need no server. The backend is closed when the command has ended.
type opener func(context.Context) (backend.Backend, error)

// annotationRemote marks the commands that ask a server.
const annotationRemote = "latch:remote"

// remote turns a command into one that asks a server. Only such a command gets a backend and
// accepts --api.
func remote(e *env, command *cobra.Command, run func(ctx context.Context, open opener, args []string) error) *cobra.Command {
	return remoteNeeding(e, func(backend.Backend) error { return nil }, command, run)
}

// remoteNeeding is [remote] for a command that needs a particular part of the backend. If the
// API lacks that part, the command is refused before it reads any file.
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

// The parts that not every backend has.
func registryOf(world backend.Backend) error {
	_, err := world.Registry()
	return err
}

func serverOf(world backend.Backend) error {
	_, err := world.Server()
	return err
}

func isRemote(command *cobra.Command) bool { return command.Annotations[annotationRemote] != "" }

// open opens the backend over the API if one is configured, and otherwise over Temporal.
func (e *env) open(ctx context.Context) (backend.Backend, error) {
	if e.api != nil {
		return e.api, nil
	}
	connection, err := e.dial(ctx)
	if err != nil {
		return nil, err
	}
	temporal := backend.NewTemporal(connection, e.settings.TaskQueue, e.userName())
	if !e.settings.Audit {
		return temporal, nil
	}
	return backend.Audited(temporal, e.userName(), func(err error) {
		e.out.Warnf("what was done is not in the audit: %s", output.OneLine(failure.Plainly(err)))
	}), nil
}

// watchHint returns a command to copy that watches the run, or "" if the run cannot be found
// again.
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
