package cli

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch"
	temporalruns "github.com/latch-run/latch/internal/runs"
)

const (
	// releasesShown is how many releases a list shows unless --limit says otherwise.
	releasesShown = 100
	// releasesAtOnce is how many are asked for at once, the most that the API takes.
	releasesAtOnce = 200
)

// A releasesCall is what `release list` was asked for.
type releasesCall struct {
	filter temporalruns.ReleaseFilter
	span   timeSpan
	list   listCall
}

func (a *app) releaseListCommand() *cobra.Command {
	var call releasesCall
	command := takesAPI(&cobra.Command{Use: "list", Short: "List releases, running and closed", Args: cobra.NoArgs,
		Long: `List releases, those that run first, the newest of them first, then those that
closed, the last closed first: where each is and what it waits for, or what it
came to. A release is running until its run has closed.

  starter release list --status running
  starter release list --status failed --since 24h -o json

Temporal's list is a moment behind: a release shows here shortly after its start.
What Temporal has forgotten after the namespace's retention is not found.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.listReleases(cmd.Context(), call) }})
	command.Flags().StringVar(&call.filter.Status, "status", "", "only those of this status: "+strings.Join(temporalruns.ReleaseStatuses, ", "))
	call.span.flags(command, "only those that began since then", "only those that began before then")
	call.list.flags(command, releasesShown, "at most so many")
	return command
}

// check says what is wrong with the flags, and reads the times.
func (c *releasesCall) check() (err error) {
	var wrongTimes error
	c.filter.Since, c.filter.Until, wrongTimes = c.span.times()
	var wrongFilter error
	if refused := c.filter.Check(); refused != nil {
		wrongFilter = ofFlag(refused)
	}
	if err := errors.Join(wrongTimes, wrongFilter, c.list.check()); err != nil {
		return usageError(err)
	}
	return nil
}

// listedReleases are the releases of all parts, as --output json prints them.
type listedReleases struct {
	Releases []temporalruns.ReleaseRow `json:"releases"`
	// More reports that the limit left some out, and NextCursor where they begin.
	More       bool   `json:"more,omitempty"`
	NextCursor string `json:"next_cursor,omitempty"`
}

func (a *app) listReleases(ctx context.Context, call releasesCall) error {
	if err := call.check(); err != nil {
		return err
	}
	lister, closeLister, err := a.runLister(ctx)
	if err != nil {
		return err
	}
	defer closeLister()
	rows, next, err := gather(a, call.list, releasesAtOnce, func(cursor string, limit int) ([]temporalruns.ReleaseRow, string, error) {
		part, err := lister.Releases(ctx, call.filter, cursor, limit)
		if err != nil {
			return nil, "", err
		}
		return part.Releases, part.NextCursor, nil
	})
	if err != nil {
		return err
	}
	if a.json() {
		a.printJSON(listedReleases{Releases: rows, More: next != "", NextCursor: next})
		return nil
	}
	a.printReleases(rows)
	a.sayMore(next)
	return nil
}

func (a *app) printReleases(rows []temporalruns.ReleaseRow) {
	t := &table{header: []string{"ID", "TITLE", "STATUS", "STEP", "WAITS FOR", "STARTED", "CLOSED", "REASON"}}
	partial := 0
	for i := range rows {
		t.rows = append(t.rows, releaseRow(&rows[i]))
		if rows[i].Partial {
			partial++
		}
	}
	t.write(a.out, a.terminal, a.colour())
	if partial > 0 {
		a.warn("%s could not be asked, and show only what stands in Temporal's list: is a worker polling their task queues, and are the keys here that their payloads are encrypted with?",
			counted(partial, "release", "releases"))
	}
}

func releaseRow(r *temporalruns.ReleaseRow) []cell {
	var waits []string
	for _, wait := range r.WaitsFor {
		waits = append(waits, waitText(&wait))
	}
	return []cell{{oneLine(r.ID), bold}, {orDash(oneLine(r.Title)), plain}, {printable(r.Status), releaseColour(r.Status)},
		{orDash(oneLine(r.Step)), plain}, {orDash(oneLine(strings.Join(waits, "; "))), yellow},
		{utc(r.StartedAt), plain}, {utc(r.ClosedAt), plain}, {orDash(oneLine(r.Reason)), plain}}
}

// waitText names the lock that is waited for, its timeout, and what that does.
func waitText(wait *temporalruns.Wait) string {
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

func releaseColour(status string) string {
	switch status {
	case latch.ReleaseReleased:
		return green
	case latch.ReleaseRunning:
		return yellow
	default:
		return red
	}
}
