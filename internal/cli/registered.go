package cli

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/backend"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/cli/output"
	"github.com/latch-run/latch/internal/registry"
	"github.com/latch-run/latch/internal/typo"
)

// What the commands for freezes and for watches have in common.

// registeredTimeout bounds reading or writing freezes or watches, of which there are few.
const registeredTimeout = 30 * time.Second

// onRegistered returns a command that reads or writes what is registered, within a time limit.
func onRegistered(e *env, command *cobra.Command,
	do func(ctx context.Context, world backend.Backend, args []string) error) *cobra.Command {
	return remote(e, command, func(ctx context.Context, open opener, args []string) error {
		ctx, cancel := context.WithTimeout(ctx, registeredTimeout)
		defer cancel()
		world, err := open(ctx)
		if err != nil {
			return err
		}
		return do(ctx, world, args)
	})
}

// named returns the one of all that has the id. what is the word for one of them.
func named[T any](what, id string, all []T, idOf func(*T) string) (*T, error) {
	ids := make([]string, len(all))
	for i := range all {
		ids[i] = idOf(&all[i])
	}
	if at := slices.Index(ids, id); at >= 0 {
		return &all[at], nil
	}
	return nil, failure.New(failure.NotFound, "there is no %s %q%s", what, id, typo.Hint(id, ids))
}

// refusedByRegistry adds the file and the line to an error of the registry.
func refusedByRegistry(file string, input *checked, err error) error {
	var refused *registry.RefusedError
	if !errors.As(err, &refused) {
		return err
	}
	return failure.OfFile(file, input.from.located(latch.Problems{{Path: refused.Field, Message: refused.Reason}}))
}

// deleteCommand returns the command of a group that removes something, after a question. what is
// the word for one of the group's things.
func deleteCommand(e *env, group, what, long string,
	remove func(ctx context.Context, world backend.Backend, id string) error) *cobra.Command {
	var sure bool
	command := onRegistered(e, &cobra.Command{Use: "delete ID", Short: "Remove a " + what, Args: cobra.ExactArgs(1), Long: long},
		func(ctx context.Context, world backend.Backend, args []string) error {
			id := args[0]
			switch {
			case !sure && !e.out.Interactive:
				return failure.New(failure.Usage, "%s delete asks on a terminal, and this is none: --yes says that you are sure", group)
			case !sure && !e.out.Confirm("Delete "+what+" "+id+"?"):
				return failure.New(failure.Refused, "%s was not deleted", id)
			}
			if err := remove(ctx, world, id); err != nil {
				return err
			}
			if e.out.JSON {
				e.out.Value(map[string]any{"id": id, "deleted": true})
				return nil
			}
			e.out.Printf("deleted %s\n", output.OneLine(id))
			return nil
		})
	command.Flags().BoolVarP(&sure, "yes", "y", false, "do not ask")
	return command
}
