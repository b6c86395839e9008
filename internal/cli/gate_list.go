package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/backend"
	"github.com/latch-run/latch/internal/cli/output"
	"github.com/latch-run/latch/internal/runs"
)

func gateListCommand(e *env) *cobra.Command {
	call := runsCall{kind: latch.GateKind}
	command := remote(e, &cobra.Command{Use: "list", Short: "List gates, open and decided", Args: cobra.NoArgs,
		Long: `List gates, those that are open first, the newest of them first, then those that
closed, the last closed first: what each waits for, or how it was decided, by whom
and why. A gate is running until its run has closed, and only passed lets pass.

  starter gate list --status running
  starter gate list --search DEPLOY --since 24h -o json

Temporal's list is a moment behind: a gate shows here shortly after its start. Gates
in workflows of your own have no run of their own, and are not listed.`},
		func(ctx context.Context, open opener, _ []string) error { return listGates(ctx, open, e.out, call) })
	call.flags(command, "the id, the workflow id or the event", runs.GateStatuses)
	return command
}

// listedGates are the gates of all pages, as --output json prints them.
type listedGates struct {
	Gates []runs.GateRow `json:"gates"`
	// More reports that the limit left some out. NextCursor is where they begin.
	More       bool   `json:"more,omitempty"`
	NextCursor string `json:"next_cursor,omitempty"`
}

func listGates(ctx context.Context, open opener, out *output.Printer, call runsCall) error {
	rows, next, err := gatherRuns(ctx, open, out, call, readGates)
	if err != nil {
		return err
	}
	if out.JSON {
		out.Value(listedGates{Gates: rows, More: next != "", NextCursor: next})
		return nil
	}
	printGates(out, rows)
	sayMore(out, next)
	return nil
}

func readGates(ctx context.Context, world backend.Backend, filter runs.RunFilter, cursor string,
	limit int) ([]runs.GateRow, string, error) {
	part, err := world.Gates(ctx, filter, cursor, limit)
	if err != nil {
		return nil, "", err
	}
	return part.Gates, part.NextCursor, nil
}

func printGates(out *output.Printer, rows []runs.GateRow) {
	t := output.NewTable("ID", "EVENT", "STATUS", "WAITS FOR", "DECIDED BY", "STARTED", "CLOSED", "REASON")
	partial := 0
	for i := range rows {
		t.Add(gateRow(&rows[i])...)
		if rows[i].Partial {
			partial++
		}
	}
	out.Table(t)
	warnOfPartial(out, latch.GateKind, partial)
}

func gateRow(g *runs.GateRow) []output.Cell {
	return []output.Cell{output.Bold.In(output.OneLine(g.ID)), output.Plain(output.OrDash(output.OneLine(g.Event))),
		releaseColour(g.Status).In(output.Printable(g.Status)),
		output.Yellow.In(output.OrDash(output.OneLine(waitTexts(g.WaitsFor)))), output.Plain(output.OrDash(decidedBy(g.DecidedBy))),
		output.Plain(utc(g.StartedAt)), output.Plain(utc(g.ClosedAt)), output.Plain(output.OrDash(output.OneLine(g.Reason)))}
}
