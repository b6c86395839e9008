package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/cli/output"
	"github.com/latch-run/latch/internal/counted"
	"github.com/latch-run/latch/internal/runs"
)

// locksAtOnce is how many locks one request asks for, which is the API's maximum.
const locksAtOnce = 1000

func lockListCommand(e *env) *cobra.Command {
	var filter runs.LockFilter
	var call listCall
	command := remote(e, &cobra.Command{Use: "list", Short: "List the open locks, and failed steps that wait", Args: cobra.NoArgs,
		Long: `List the open locks, those of the newest run first: what each
holds, since when and until when, and what its timeout does then. The last column
is what removes it:

  starter lock list --release shop-4.2
  starter lock release LOCK --reason approved

Below them stand the failed steps of releases that pause at a failure (on_failure:
pause) and wait until somebody retries or skips them (starter release retry, skip).
With --webhook, --event or --job there are none.

Temporal's list is a moment behind: a lock shows here shortly after it is made.`},
		func(ctx context.Context, open opener, _ []string) error {
			return listLocks(ctx, open, e.out, filter, call)
		})
	command.Flags().StringVar(&filter.Webhook, "webhook", "", "only of the webhook of this id")
	command.Flags().StringVar(&filter.Event, "event", "", "only at this event")
	command.Flags().StringVar(&filter.Job, "job", "", "only those that hold the job of this id")
	command.Flags().StringVar(&filter.Release, "release", "", "only those that hold the release of this id")
	call.flags(command, 0, "about so many: the locks of one run stay together")
	return command
}

// listedLocks are the locks of all pages, as --output json prints them.
type listedLocks struct {
	Locks []runs.WaitingLock `json:"locks"`
	// Paused are the failed steps that wait for a choice.
	Paused []runs.WaitingStep `json:"paused,omitempty"`
	// More reports that the limit left some out. NextCursor is where they begin.
	More       bool   `json:"more,omitempty"`
	NextCursor string `json:"next_cursor,omitempty"`
	// Unread is how many runs wait for locks that cannot be read.
	Unread int `json:"unread,omitempty"`
}

func listLocks(ctx context.Context, open opener, out *output.Printer, filter runs.LockFilter, call listCall) error {
	var wrongFilter error
	if refused := filter.Check(); refused != nil {
		wrongFilter = ofFlag(refused)
	}
	if err := errors.Join(wrongFilter, call.check()); err != nil {
		return failure.OfUsage(err)
	}
	world, err := open(ctx)
	if err != nil {
		return err
	}
	found := listedLocks{}
	found.Locks, found.NextCursor, err = gather(out, call, locksAtOnce, func(cursor string, limit int) ([]runs.WaitingLock, string, error) {
		part, err := world.Locks(ctx, filter, cursor, limit)
		if err != nil {
			return nil, "", err
		}
		found.Paused, found.Unread = append(found.Paused, part.Paused...), found.Unread+part.Unread
		return part.Locks, part.NextCursor, nil
	})
	if err != nil {
		return err
	}
	found.More = found.NextCursor != ""
	if out.JSON {
		out.Value(found)
		return nil
	}
	printLocks(out, &found)
	return nil
}

func printLocks(out *output.Printer, found *listedLocks) {
	t := output.NewTable("SINCE", "WEBHOOK", "EVENT", "OF", "TITLE", "UNTIL", "THEN", "LOCK")
	for i := range found.Locks {
		t.Add(lockRow(&found.Locks[i])...)
	}
	out.Table(t)
	printPaused(out, found.Paused)
	sayMore(out, found.NextCursor)
	if found.Unread > 0 {
		out.Warnf("%s for what cannot be read: are the keys here that their payloads are encrypted with?",
			counted.Of(found.Unread, "run waits", "runs wait"))
	}
}

// printPaused prints a second table if any failed step waits for a choice.
func printPaused(out *output.Printer, steps []runs.WaitingStep) {
	if len(steps) == 0 {
		return
	}
	t := output.NewTable("PAUSED SINCE", "STEP", "OF", "TITLE", "ERROR")
	for i := range steps {
		step := &steps[i]
		t.Add(output.Plain(utc(step.Since)), output.Bold.In(output.OneLine(step.Step)),
			output.Plain(output.OneLine(subjectOf("", step.Release, step.WorkflowID))),
			output.Plain(output.OrDash(output.OneLine(step.Title))), output.Red.In(output.OrDash(output.OneLine(step.Error))))
	}
	out.Printf("\n")
	out.Table(t)
}

func lockRow(lock *runs.WaitingLock) []output.Cell {
	return []output.Cell{output.Plain(utc(lock.Since)), output.Plain(output.OneLine(lock.Webhook)), output.Plain(eventOf(lock.Event, lock.Step)),
		output.Plain(output.OrDash(output.OneLine(subjectOf(lock.Job, lock.Release, lock.WorkflowID)))), output.Plain(output.OrDash(output.OneLine(lock.Title))),
		output.Plain(utc(lock.Until)), decisionColour(lock.OnTimeout).In(output.OrDash(lock.OnTimeout)), output.Dim.In(output.Printable(lock.Token))}
}
