package cli

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/backend"
	"github.com/latch-run/latch/internal/cli/output"
	"github.com/latch-run/latch/internal/runs"
)

func releaseListCommand(e *env) *cobra.Command {
	call := runsCall{kind: latch.ReleaseKind}
	command := remote(e, &cobra.Command{Use: "list", Short: "List releases, running and closed", Args: cobra.NoArgs,
		Long: `List releases, those that run first, the newest of them first, then those that
closed, the last closed first: where each is and what it waits for, or how it
ended. A release is running until its run has closed.

  starter release list --status running
  starter release list --status failed --since 24h -o json

Temporal's list is a moment behind: a release shows here shortly after its start.
What Temporal has forgotten after the namespace's retention is not found.`},
		func(ctx context.Context, open opener, _ []string) error { return listReleases(ctx, open, e.out, call) })
	call.flags(command, "the id, the workflow id or the title", runs.ReleaseStatuses)
	return command
}

// listedReleases are the releases of all pages, as --output json prints them.
type listedReleases struct {
	Releases []runs.ReleaseRow `json:"releases"`
	// More reports that the limit left some out. NextCursor is where they begin.
	More       bool   `json:"more,omitempty"`
	NextCursor string `json:"next_cursor,omitempty"`
}

func listReleases(ctx context.Context, open opener, out *output.Printer, call runsCall) error {
	rows, next, err := gatherRuns(ctx, open, out, call, readReleases)
	if err != nil {
		return err
	}
	if out.JSON {
		out.Value(listedReleases{Releases: rows, More: next != "", NextCursor: next})
		return nil
	}
	printReleases(out, rows)
	sayMore(out, next)
	return nil
}

func readReleases(ctx context.Context, world backend.Backend, filter runs.RunFilter, cursor string,
	limit int) ([]runs.ReleaseRow, string, error) {
	part, err := world.Releases(ctx, filter, cursor, limit)
	if err != nil {
		return nil, "", err
	}
	return part.Releases, part.NextCursor, nil
}

func printReleases(out *output.Printer, rows []runs.ReleaseRow) {
	t := output.NewTable("ID", "TITLE", "STATUS", "STEP", "WAITS FOR", "STARTED", "CLOSED", "REASON")
	partial := 0
	for i := range rows {
		t.Add(releaseRow(&rows[i])...)
		if rows[i].Partial {
			partial++
		}
	}
	out.Table(t)
	warnOfPartial(out, latch.ReleaseKind, partial)
}

func releaseRow(r *runs.ReleaseRow) []output.Cell {
	return []output.Cell{output.Bold.In(output.OneLine(r.ID)), output.Plain(output.OrDash(output.OneLine(r.Title))), releaseColour(r.Status).In(output.Printable(r.Status)),
		output.Plain(output.OrDash(output.OneLine(r.Step))), output.Yellow.In(output.OrDash(output.OneLine(waitTexts(r.WaitsFor)))),
		output.Plain(utc(r.StartedAt)), output.Plain(utc(r.ClosedAt)), output.Plain(output.OrDash(output.OneLine(r.Reason)))}
}

// waitTexts returns what a run waits for, each with its timeout and the decision at that time.
func waitTexts(waits []runs.Wait) string {
	texts := make([]string, len(waits))
	for i := range waits {
		wait := &waits[i]
		texts[i] = wait.What()
		if wait.Event != "" {
			texts[i] += " at " + wait.Event
		}
		if !wait.Until.IsZero() {
			texts[i] += " until " + wait.Until.UTC().Format(time.RFC3339)
		}
		if wait.OnTimeout != "" {
			texts[i] += ", then " + wait.OnTimeout
		}
	}
	return strings.Join(texts, "; ")
}

// releaseColour returns the colour of a release's status, or a gate's.
func releaseColour(status string) output.Colour {
	switch status {
	case latch.ReleaseReleased, latch.GatePassed:
		return output.Green
	case latch.ReleaseRunning:
		return output.Yellow
	default:
		return output.Red
	}
}
