package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/backend"
	"github.com/latch-run/latch/internal/cli/output"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/spec"
)

func freezeCommand(e *env) *cobra.Command {
	return group("freeze", "Hold releases within windows of time",
		freezeListCommand(e), freezeShowCommand(e), freezeApplyCommand(e), freezeDeleteCommand(e))
}

func freezeListCommand(e *env) *cobra.Command {
	return onRegistered(e, &cobra.Command{Use: "list", Short: "List the freezes", Args: cobra.NoArgs,
		Long: `List the freezes of the task queue, with whether each is in force, until when, and
when its next window begins.`},
		func(ctx context.Context, world backend.Backend, _ []string) error {
			freezes, err := world.Freezes(ctx)
			if err != nil {
				return err
			}
			if e.out.JSON {
				e.out.Value(map[string]any{"freezes": freezes})
				return nil
			}
			t := output.NewTable("ID", "STATE", "NEXT", "WHEN", "CHANGED")
			for i := range freezes {
				f := &freezes[i]
				next := ""
				if f.State != nil && f.State.Next != nil {
					next = utc(f.State.Next.Since)
				}
				t.Add(output.Bold.In(output.OneLine(f.ID)), freezeState(f.State), output.Plain(output.OrDash(next)),
					output.Plain(output.OrDash(output.OneLine(f.When))), output.Plain(utc(f.UpdatedAt)))
			}
			e.out.Table(t)
			return nil
		})
}

// freezeState says whether a freeze is in force, and until when.
func freezeState(state *latch.FreezeState) output.Cell {
	switch {
	case state == nil:
		return output.Red.In("cannot be read")
	case !state.InForce:
		return output.Plain("not in force")
	case state.Until.IsZero():
		return output.Yellow.In("in force for good")
	default:
		return output.Yellow.In("in force until " + utc(state.Until))
	}
}

func freezeShowCommand(e *env) *cobra.Command {
	return onRegistered(e, &cobra.Command{Use: "show ID", Short: "Show a freeze as a file, and whether it is in force",
		Args: cobra.ExactArgs(1),
		Long: `Show a freeze as the file that freeze apply takes. Comments say whether it is in
force, since and until when, and when its next window is.`},
		func(ctx context.Context, world backend.Backend, args []string) error {
			found, err := findFreeze(ctx, world, args[0])
			if err != nil {
				return err
			}
			if e.out.JSON {
				e.out.Value(found)
				return nil
			}
			text, err := spec.ToYAML(rawjson.Encode(found.Freeze))
			if err != nil {
				return err
			}
			e.out.Printf("# %s\n", e.out.Show(freezeState(found.State)))
			if state := found.State; state != nil {
				if state.InForce {
					e.out.Printf("# since: %s\n", utc(state.Since))
				}
				if state.Next != nil {
					e.out.Printf("# next window: %s\n", periodText(state.Next))
				}
			}
			e.out.Printf("%s", output.Printable(string(text)))
			return nil
		})
}

func periodText(period *latch.FreezePeriod) string {
	if period.Until.IsZero() {
		return utc(period.Since) + ", without an end"
	}
	return utc(period.Since) + " until " + utc(period.Until)
}

func findFreeze(ctx context.Context, world backend.Freezes, id string) (*latch.RegisteredFreeze, error) {
	freezes, err := world.Freezes(ctx)
	if err != nil {
		return nil, err
	}
	return named("freeze", id, freezes, func(f *latch.RegisteredFreeze) string { return f.ID })
}

func freezeApplyCommand(e *env) *cobra.Command {
	return remote(e, &cobra.Command{Use: "apply FILE", Short: "Register a freeze, or change it", Args: cobra.ExactArgs(1),
		Long: `Register the freeze that the file describes, in the place of the one with its id. It
holds the releases of the task queue (--task-queue; with --api, the API's) that begin
from now on. One that waits already waits as it was told when it began.

  starter freeze apply xmas.yaml

starter apply registers freezes too, beside jobs, webhooks and watches.`},
		func(ctx context.Context, open opener, args []string) error { return applyFreeze(ctx, open, e, args[0]) })
}

func applyFreeze(ctx context.Context, open opener, e *env, file string) error {
	input, err := load(e.out.In, file, spec.Freeze)
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
	put, err := world.PutFreeze(ctx, *input.freeze)
	if err != nil {
		return refusedByRegistry(file, input, err)
	}
	if e.out.JSON {
		e.out.Value(put)
		return nil
	}
	e.out.Printf("registered %s: %s\n", output.OneLine(put.ID), e.out.Show(freezeState(put.State)))
	return nil
}

func freezeDeleteCommand(e *env) *cobra.Command {
	return deleteCommand(e, "freeze", "freeze", `Remove a freeze. Releases that begin from now on do not wait for it. One that waits
already waits on; those whom the freeze names remove its lock.`,
		func(ctx context.Context, world backend.Backend, id string) error { return world.DeleteFreeze(ctx, id) })
}
