package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	temporalruns "github.com/latch-run/latch/internal/runs"
)

// locksAtOnce is how many locks are asked for at once, the most that the API
// takes: a part goes through about as many runs.
const locksAtOnce = 1000

func (a *app) lockListCommand() *cobra.Command {
	var filter temporalruns.LockFilter
	var call listCall
	command := takesAPI(&cobra.Command{Use: "list", Short: "List the locks that are waited for", Args: cobra.NoArgs,
		Long: `List the locks that are waited for now, those of the newest run first: what each
holds, since when and until when, and what its timeout does then. The last column
is what removes it:

  starter lock list --release shop-4.2
  starter lock release LOCK --reason approved

Temporal's list is a moment behind: a lock shows here shortly after its making.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.listLocks(cmd.Context(), filter, call) }})
	command.Flags().StringVar(&filter.Webhook, "webhook", "", "only of the webhook of this id")
	command.Flags().StringVar(&filter.Event, "event", "", "only at this event")
	command.Flags().StringVar(&filter.Job, "job", "", "only those that hold the job of this id")
	command.Flags().StringVar(&filter.Release, "release", "", "only those that hold the release of this id")
	call.flags(command, 0, "about so many: the locks of one run stay together")
	return command
}

// listedLocks are the locks of all parts, as --output json prints them.
type listedLocks struct {
	Locks []temporalruns.WaitingLock `json:"locks"`
	// More reports that the limit left some out, and NextCursor where they begin.
	More       bool   `json:"more,omitempty"`
	NextCursor string `json:"next_cursor,omitempty"`
	// Unread is how many runs wait for locks that cannot be read.
	Unread int `json:"unread,omitempty"`
}

func (a *app) listLocks(ctx context.Context, filter temporalruns.LockFilter, call listCall) error {
	var wrongFilter error
	if refused := filter.Check(); refused != nil {
		wrongFilter = ofFlag(refused)
	}
	if err := errors.Join(wrongFilter, call.check()); err != nil {
		return usageError(err)
	}
	lister, closeLister, err := a.runLister(ctx)
	if err != nil {
		return err
	}
	defer closeLister()
	found := listedLocks{}
	found.Locks, found.NextCursor, err = gather(a, call, locksAtOnce, func(cursor string, limit int) ([]temporalruns.WaitingLock, string, error) {
		part, err := lister.Locks(ctx, filter, cursor, limit)
		if err != nil {
			return nil, "", err
		}
		found.Unread += part.Unread
		return part.Locks, part.NextCursor, nil
	})
	if err != nil {
		return err
	}
	found.More = found.NextCursor != ""
	if a.json() {
		a.printJSON(found)
		return nil
	}
	a.printLocks(&found)
	return nil
}

func (a *app) printLocks(found *listedLocks) {
	t := &table{header: []string{"SINCE", "WEBHOOK", "EVENT", "OF", "TITLE", "UNTIL", "THEN", "LOCK"}}
	for i := range found.Locks {
		t.rows = append(t.rows, lockRow(&found.Locks[i]))
	}
	t.write(a.out, a.terminal, a.colour())
	a.sayMore(found.NextCursor)
	if found.Unread > 0 {
		a.warn("%s for locks that cannot be read: are the keys here that their payloads are encrypted with?", counted(found.Unread, "run waits", "runs wait"))
	}
}

func lockRow(lock *temporalruns.WaitingLock) []cell {
	return []cell{{utc(lock.Since), plain}, {oneLine(lock.Webhook), plain}, {eventOf(lock.Event, lock.Step), plain},
		{orDash(oneLine(subjectOf(lock.Job, lock.Release, lock.WorkflowID))), plain}, {orDash(oneLine(lock.Title)), plain},
		{utc(lock.Until), plain}, {orDash(lock.OnTimeout), decisionColour(lock.OnTimeout)}, {printable(lock.Token), dim}}
}
