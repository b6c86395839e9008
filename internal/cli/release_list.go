package cli

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/cli/output"
	"github.com/latch-run/latch/internal/counted"
	"github.com/latch-run/latch/internal/runs"
)

const (
	// releasesShown is the default of --limit.
	releasesShown = 100
	// releasesAtOnce is how many releases one request asks for, which is the API's maximum.
	releasesAtOnce = 200
)

// A releasesCall holds the flags of release list.
type releasesCall struct {
	filter runs.ReleaseFilter
	span   timeSpan
	list   listCall
}

func releaseListCommand(e *env) *cobra.Command {
	var call releasesCall
	command := remote(e, &cobra.Command{Use: "list", Short: "List releases, running and closed", Args: cobra.NoArgs,
		Long: `List releases, those that run first, the newest of them first, then those that
closed, the last closed first: where each is and what it waits for, or how it
ended. A release is running until its run has closed.

  starter release list --status running
  starter release list --status failed --since 24h -o json

Temporal's list is a moment behind: a release shows here shortly after its start.
What Temporal has forgotten after the namespace's retention is not found.`},
		func(ctx context.Context, open opener, _ []string) error { return listReleases(ctx, open, e.out, call) })
	command.Flags().StringVar(&call.filter.Search, "search", "", "only those of which the id, the workflow id or the title contains this, in any case")
	command.Flags().StringVar(&call.filter.Status, "status", "", "only those of this status: "+strings.Join(runs.ReleaseStatuses, ", "))
	call.span.flags(command, "only those that began since then", "only those that began before then")
	call.list.flags(command, releasesShown, "at most so many")
	return command
}

// check parses the times, and returns all problems of the flags.
func (c *releasesCall) check() (err error) {
	var wrongTimes error
	c.filter.Since, c.filter.Until, wrongTimes = c.span.times()
	var wrongFilter error
	if refused := c.filter.Check(); refused != nil {
		wrongFilter = ofFlag(refused)
	}
	if err := errors.Join(wrongTimes, wrongFilter, c.list.check()); err != nil {
		return failure.OfUsage(err)
	}
	return nil
}

// listedReleases are the releases of all pages, as --output json prints them.
type listedReleases struct {
	Releases []runs.ReleaseRow `json:"releases"`
	// More reports that the limit left some out. NextCursor is where they begin.
	More       bool   `json:"more,omitempty"`
	NextCursor string `json:"next_cursor,omitempty"`
}

func listReleases(ctx context.Context, open opener, out *output.Printer, call releasesCall) error {
	if err := call.check(); err != nil {
		return err
	}
	world, err := open(ctx)
	if err != nil {
		return err
	}
	rows, next, err := gather(out, call.list, releasesAtOnce, func(cursor string, limit int) ([]runs.ReleaseRow, string, error) {
		part, err := world.Releases(ctx, call.filter, cursor, limit)
		if err != nil {
			return nil, "", err
		}
		return part.Releases, part.NextCursor, nil
	})
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
	if partial > 0 {
		out.Warnf("%s could not be asked, and show only what stands in Temporal's list: is a worker polling their task queues, and are the keys here that their payloads are encrypted with?",
			counted.Of(partial, "release", "releases"))
	}
}

func releaseRow(r *runs.ReleaseRow) []output.Cell {
	var waits []string
	for _, wait := range r.WaitsFor {
		waits = append(waits, waitText(&wait))
	}
	return []output.Cell{output.Bold.In(output.OneLine(r.ID)), output.Plain(output.OrDash(output.OneLine(r.Title))), releaseColour(r.Status).In(output.Printable(r.Status)),
		output.Plain(output.OrDash(output.OneLine(r.Step))), output.Yellow.In(output.OrDash(output.OneLine(strings.Join(waits, "; ")))),
		output.Plain(utc(r.StartedAt)), output.Plain(utc(r.ClosedAt)), output.Plain(output.OrDash(output.OneLine(r.Reason)))}
}

// waitText returns the hook whose lock the release waits for, with its timeout and the decision
// at that time.
func waitText(wait *runs.Wait) string {
	text := wait.Webhook + " at " + wait.Event
	if wait.Until.IsZero() {
		return text
	}
	text += " until " + wait.Until.UTC().Format(time.RFC3339)
	if wait.OnTimeout != "" {
		text += ", then " + wait.OnTimeout
	}
	return text
}

func releaseColour(status string) output.Colour {
	switch status {
	case latch.ReleaseReleased:
		return output.Green
	case latch.ReleaseRunning:
		return output.Yellow
	default:
		return output.Red
	}
}
