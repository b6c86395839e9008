package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/audit"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/cli/output"
	"github.com/latch-run/latch/internal/counted"
)

const (
	// auditShown is the default of --limit.
	auditShown = 100
	// auditAtOnce is how many entries one request asks for, which is the API's maximum.
	auditAtOnce = 1000
)

// An auditCall holds the flags of audit.
type auditCall struct {
	filter audit.Filter
	span   timeSpan
	list   listCall
}

func auditCommand(e *env) *cobra.Command {
	var call auditCall
	command := remote(e, &cobra.Command{Use: "audit", Short: "List who did what, and what was refused", Args: cobra.NoArgs,
		Long: `List what people and programs did by Latch on the task queue, and what they were
refused, newest first: locks and votes, starts and endings of releases and jobs,
changes of what is registered, redeliveries, logins, and keys that are unknown.

  starter audit --since 24h
  starter audit --action release --by ann -o json

Over the API this takes a key of the role admin. Custom events that were fired are in
their runs alone, and so is what was sent to Temporal directly. Temporal keeps what the
workflow latch-audit-<task queue> has, and of its earlier runs what the namespace's
retention keeps.`},
		func(ctx context.Context, open opener, _ []string) error { return listAudit(ctx, open, e.out, call) })
	command.Flags().StringVar(&call.filter.By, "by", "", "only of the key or the person of this name")
	command.Flags().StringVar(&call.filter.Action, "action", "",
		"only this action, such as release.stop; release stands for all that begin so")
	command.Flags().StringVar(&call.filter.Outcome, "outcome", "", "only those of this outcome: "+strings.Join(latch.AuditOutcomes(), ", "))
	completeFlag(command, "action", latch.AuditActions()...)
	completeFlag(command, "outcome", latch.AuditOutcomes()...)
	call.span.flags(command, "only since then", "only before then")
	call.list.flags(command, auditShown, "at most so many")
	return command
}

// check parses the times, and returns all problems of the flags.
func (c *auditCall) check() (err error) {
	var wrongTimes, wrongFilter error
	c.filter.Since, c.filter.Until, wrongTimes = c.span.times()
	if refused := c.filter.Check(); refused != nil {
		wrongFilter = ofFlag(refused)
	}
	if err := errors.Join(wrongTimes, wrongFilter, c.list.check()); err != nil {
		return failure.OfUsage(err)
	}
	return nil
}

// listedAudit are the entries of all pages, as --output json prints them.
type listedAudit struct {
	audit.Part
	// More reports that the limit left some out.
	More bool `json:"more,omitempty"`
}

func listAudit(ctx context.Context, open opener, out *output.Printer, call auditCall) error {
	if err := call.check(); err != nil {
		return err
	}
	world, err := open(ctx)
	if err != nil {
		return err
	}
	var found listedAudit
	found.Entries, found.NextCursor, err = gather(out, call.list, auditAtOnce,
		func(cursor string, limit int) ([]latch.AuditEntry, string, error) {
			part, err := world.Audit(ctx, call.filter, cursor, limit)
			if err != nil {
				return nil, "", err
			}
			found.Unread += part.Unread
			found.BeginsAt = part.BeginsAt
			return part.Entries, part.NextCursor, nil
		})
	if err != nil {
		return err
	}
	found.More = found.NextCursor != ""
	if out.JSON {
		out.Value(found)
		return nil
	}
	printAudit(out, &found)
	return nil
}

func printAudit(out *output.Printer, found *listedAudit) {
	t := output.NewTable("AT", "BY", "VIA", "ACTION", "OUTCOME", "WHAT", "WHY")
	for i := range found.Entries {
		entry := &found.Entries[i]
		t.Add(output.Plain(utc(entry.At)), output.Bold.In(output.OrDash(output.OneLine(entry.Who()))),
			output.Plain(output.OneLine(entry.Way())),
			output.Plain(output.OneLine(entry.Action)), outcomeColour(entry.Outcome).In(output.OneLine(entry.Outcome)),
			output.Plain(output.OrDash(output.OneLine(entry.What()))), output.Plain(output.OrDash(output.OneLine(entry.Why()))))
	}
	out.Table(t)
	sayMore(out, found.NextCursor)
	if found.Unread > 0 {
		out.Warnf("%s be read: are the keys here that their payloads are encrypted with?",
			fmt.Sprintf("%s cannot", counted.Of(found.Unread, "signal with entries", "signals with entries")))
	}
}

func outcomeColour(outcome string) output.Colour {
	switch outcome {
	case latch.AuditDone:
		return output.Green
	case latch.AuditFailed:
		return output.Yellow
	default:
		return output.Red
	}
}
