package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/backend"
	"github.com/latch-run/latch/internal/cli/output"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/registry"
	"github.com/latch-run/latch/internal/spec"
)

func watchesCommand(e *env) *cobra.Command {
	return group("watches", "Tell webhooks of every workflow that closes",
		watchesListCommand(e), watchesShowCommand(e), watchesApplyCommand(e), watchesDeleteCommand(e))
}

func watchesListCommand(e *env) *cobra.Command {
	return onRegistered(e, &cobra.Command{Use: "list", Short: "List the watches", Args: cobra.NoArgs,
		Long: `List the watches of the namespace, in the order in which they were made.`},
		func(ctx context.Context, world backend.Backend, _ []string) error {
			watches, err := world.Watches(ctx)
			if err != nil {
				return err
			}
			if e.out.JSON {
				e.out.Value(map[string]any{"watches": watches})
				return nil
			}
			t := output.NewTable("ID", "QUERY", "EVENTS", "TASK QUEUE", "CHANGED")
			for i := range watches {
				w := &watches[i]
				t.Add(output.Bold.In(output.OneLine(w.ID)), output.Plain(output.OneLine(w.Query)), output.Plain(output.OrDash(watchedEvents(&w.Watch))),
					output.Plain(output.OneLine(w.TaskQueue)), output.Plain(utc(w.UpdatedAt)))
			}
			e.out.Table(t)
			return nil
		})
}

// watchedEvents lists the events that the webhooks of the watch listen to, without their common
// prefix.
func watchedEvents(watch *latch.Watch) string {
	text := ""
	for _, event := range latch.EventsOf(latch.WatchKind) {
		if watch.ListensTo(event) {
			if text != "" {
				text += ", "
			}
			text += latch.CloseStatus(event)
		}
	}
	return text
}

func watchesShowCommand(e *env) *cobra.Command {
	return onRegistered(e, &cobra.Command{Use: "show ID", Short: "Show a watch as a file", Args: cobra.ExactArgs(1),
		Long: `Show a watch as the file that watches apply takes. *** stands for credentials.`},
		func(ctx context.Context, world backend.Backend, args []string) error {
			watch, err := findWatch(ctx, world, args[0])
			if err != nil {
				return err
			}
			if e.out.JSON {
				e.out.Value(watch)
				return nil
			}
			text, err := spec.ToYAML(rawjson.Encode(watch.Watch))
			if err == nil {
				e.out.Printf("%s", output.Printable(string(text)))
			}
			return err
		})
}

func findWatch(ctx context.Context, world backend.Watches, id string) (*latch.RegisteredWatch, error) {
	watches, err := world.Watches(ctx)
	if err != nil {
		return nil, err
	}
	return named("watch", id, watches, func(w *latch.RegisteredWatch) string { return w.ID })
}

func watchesApplyCommand(e *env) *cobra.Command {
	command := remote(e, &cobra.Command{Use: "apply FILE", Short: "Register a watch, or change it", Args: cobra.ExactArgs(1),
		Long: `Register the watch that the file describes, in the place of the one of its id.
Temporal is asked whether it takes the query; nothing is registered if it does not.
A new watch tells of the workflows that close from now on. It runs on the task queue
(--task-queue; with --api, the API's), and a changed one stays where it is.

  starter watches apply payments.yaml

starter apply registers watches too, beside jobs and webhooks.`},
		func(ctx context.Context, open opener, args []string) error { return applyWatch(ctx, open, e, args[0]) })
	return command
}

func applyWatch(ctx context.Context, open opener, e *env, file string) error {
	input, err := load(e.out.In, file, spec.Watch)
	if err != nil {
		return err
	}
	for _, warning := range input.warnings {
		e.out.Warnf("%s: %s", file, warning)
	}
	ctx, cancel := context.WithTimeout(ctx, registeredTimeout)
	defer cancel()
	world, err := open(ctx)
	if err != nil {
		return err
	}
	put, err := world.PutWatch(ctx, *input.watch)
	if err != nil {
		return refusedByRegistry(file, input, err)
	}
	if e.out.JSON {
		e.out.Value(registry.ShownWatch(*put))
		return nil
	}
	e.out.Printf("watching as %s\n", output.OneLine(put.ID))
	return nil
}

func watchesDeleteCommand(e *env) *cobra.Command {
	return deleteCommand(e, "watches", "watch", `Remove a watch. It finds nothing more within seconds; what it has found is still
told.`,
		func(ctx context.Context, world backend.Backend, id string) error { return world.DeleteWatch(ctx, id) })
}
