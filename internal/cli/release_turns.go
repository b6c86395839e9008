package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/output"
)

func releaseTurnsCommand(e *env) *cobra.Command {
	return remote(e, &cobra.Command{Use: "turns KEY", Short: "List the releases of a concurrency key", Args: cobra.ExactArgs(1),
		Long: `List which release holds a concurrency key (concurrency: {key: KEY}), and which
wait for it, in the order in which they will run. A key that nobody holds has
none.`},
		func(ctx context.Context, open opener, args []string) error {
			world, err := open(ctx)
			if err != nil {
				return err
			}
			turns, err := world.Turns(ctx, args[0])
			if err != nil {
				return err
			}
			if e.out.JSON {
				e.out.Value(turns)
				return nil
			}
			printTurns(e.out, turns)
			return nil
		})
}

func printTurns(out *output.Printer, turns *latch.Turns) {
	t := output.NewTable("TURN", "ID", "WORKFLOW", "SINCE")
	add := func(place string, turn latch.Turn) {
		t.Add(output.Plain(place), output.Bold.In(output.OneLine(turn.ID)), output.Plain(output.OneLine(turn.WorkflowID)),
			output.Plain(utc(turn.Since)))
	}
	if turns.HeldBy != nil {
		add("holds it", *turns.HeldBy)
	}
	for i, waiting := range turns.Waiting {
		add(fmt.Sprintf("waits, %d", i+1), waiting)
	}
	out.Table(t)
}
