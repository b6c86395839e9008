package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/backend"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/cli/output"
	"github.com/latch-run/latch/internal/counted"
	"github.com/latch-run/latch/internal/deliveries"
)

// A deliveriesCall holds the flags of deliveries.
type deliveriesCall struct {
	filter                  deliveries.Filter
	span                    timeSpan
	list                    listCall
	redeliver, sure, dryRun bool
}

func deliveriesCommand(e *env) *cobra.Command {
	var call deliveriesCall
	command := remote(e, &cobra.Command{Use: "deliveries", Short: "List deliveries of all runs, and send those that failed again", Args: cobra.NoArgs,
		Long: aboutDeliveries + `

With --failed --redeliver all of them are sent again, under the same delivery
ids and with the same requests, twenty a second at most. It may be repeated: what
is under way, or was delivered since, is skipped. The exit code is 1 where one
could not be sent again, and 3 where runs did not answer which may have others.

  starter deliveries --failed --since 2h
  starter deliveries --failed --since 2h --webhook billing --redeliver` + whatDeliveriesLack},
		func(ctx context.Context, open opener, _ []string) error { return runDeliveries(ctx, open, e.out, call) })
	call.flags(command)
	flags := command.Flags()
	flags.BoolVar(&call.redeliver, "redeliver", false, "send what failed again")
	flags.BoolVar(&call.dryRun, "dry-run", false, "with --redeliver: show what would be sent again, and send nothing")
	flags.BoolVarP(&call.sure, "yes", "y", false, "do not ask")
	command.AddCommand(deliveriesListCommand(e), deliveriesRedeliverCommand(e))
	return command
}

const aboutDeliveries = `List deliveries of all runs, newest first: when each began, what was sent, and the
outcome. A delivery that its run handed over shows how it went on, and each
redelivery is a delivery of its own.

With --failed only those that failed: that were given up and that no endpoint
accepted. A delivery that was answered did not fail, even where the answer means
fail. Each is listed once, by its last record; what was delivered since, or is
being sent again, is left out.

With --outcome only records of that outcome, each redelivery by itself: failed also
those of deliveries that arrived since. Settled is what was decided without the
endpoint having accepted it, by a lock or by a "when" that failed.`

const whatDeliveriesLack = `

Runs that Temporal has forgotten after the namespace's retention are not found.
Without the search attribute LatchWebhooks, nor are workflows of your own.`

// deliveriesListCommand returns deliveries list, which only lists.
func deliveriesListCommand(e *env) *cobra.Command {
	var call deliveriesCall
	command := remote(e, &cobra.Command{Use: "list", Short: "List deliveries of all runs", Args: cobra.NoArgs,
		Long: aboutDeliveries + whatDeliveriesLack},
		func(ctx context.Context, open opener, _ []string) error { return runDeliveries(ctx, open, e.out, call) })
	call.flags(command)
	return command
}

// flags adds the flags of the list to the command.
func (c *deliveriesCall) flags(command *cobra.Command) {
	flags := command.Flags()
	flags.BoolVar(&c.filter.Failed, "failed", false, "only those that failed")
	c.span.flags(command, "only what ended, or is pending and began, since then", "only what did so before then")
	flags.StringVar(&c.filter.Webhook, "webhook", "", "only of the webhook of this id")
	flags.StringVar(&c.filter.Event, "event", "", "only at this event")
	flags.StringVar(&c.filter.Job, "job", "", "only of the job of this id")
	flags.StringVar(&c.filter.Release, "release", "", "only of the release of this id")
	flags.StringVar(&c.filter.Outcome, "outcome", "", "only records of this outcome: "+strings.Join(deliveries.AllOutcomes, ", "))
	c.list.flags(command, 0, "at most so many")
}

func deliveriesRedeliverCommand(e *env) *cobra.Command {
	var origin deliveries.Origin
	var kept keptCall
	command := remote(e, &cobra.Command{Use: "redeliver ID | --skipped", Short: "Send one delivery again, or what was skipped", Args: cobra.MaximumNArgs(1),
		Long: `Send one delivery again, whatever its outcome, under the same delivery id and with
the same request. One redelivery runs at a time. The delivery id of an earlier
version does not name its run: then give --workflow-id and --run-id, which are in
the delivery's record.

With --skipped, send what was skipped since the endpoint of its registered webhook
was disabled: of each webhook in the order of the events, each delivery once the one
before is settled. A workflow does that, which goes on without this command; on a
terminal, or with --wait, the command shows how far it is, until it has ended. If the
endpoint is disabled again, the others stay skipped. The exit code is 3 where runs
did not answer, asked twice, which may have others: repeat it then. With --task-queue only runs on
that task queue are asked, and no worker of another one. A --webhook that is not
registered, and of which nothing was skipped, is refused.`},
		func(ctx context.Context, open opener, args []string) error {
			if err := kept.check(args, origin); err != nil || kept.filter.Kept {
				if err != nil {
					return failure.OfUsage(err)
				}
				return redeliverKept(ctx, open, e.out, kept)
			}
			return redeliverOne(ctx, open, e.out, args[0], origin)
		})
	command.Flags().StringVar(&origin.WorkflowID, "workflow-id", "", "the workflow that fired the delivery")
	command.Flags().StringVar(&origin.RunID, "run-id", "", "its run")
	kept.flags(command)
	return command
}

// check parses the times, and returns all problems of the flags.
func (c *deliveriesCall) check(interactive bool) error {
	var wrong []error
	var err error
	if c.filter.Since, c.filter.Until, err = c.span.times(); err != nil {
		wrong = append(wrong, err)
	}
	if err := c.list.check(); err != nil {
		wrong = append(wrong, err)
	}
	if c.redeliver && c.list.cursor != "" {
		wrong = append(wrong, errors.New("--cursor goes with a list, and not with --redeliver: what was sent again is skipped by itself"))
	}
	if c.redeliver && !c.filter.Failed {
		wrong = append(wrong, errors.New("--redeliver sends again what failed: give --failed too; one delivery, whatever came of it, is sent again by: starter deliveries redeliver ID"))
	}
	if o := c.filter.Outcome; o != "" && !slices.Contains(deliveries.AllOutcomes, o) {
		wrong = append(wrong, fmt.Errorf("--outcome: %q is not an outcome; outcomes are %s", o, strings.Join(deliveries.AllOutcomes, ", ")))
	}
	if c.redeliver && c.filter.Outcome != "" {
		wrong = append(wrong, errors.New("--outcome goes with a list, and not with --redeliver, which sends again what --failed finds"))
	}
	if c.dryRun && !c.redeliver {
		wrong = append(wrong, errors.New("--dry-run goes with --redeliver"))
	}
	if c.redeliver && !c.dryRun && !c.sure && !interactive {
		wrong = append(wrong, errors.New("--redeliver asks on a terminal, and this is none: --yes says that you are sure"))
	}
	if len(wrong) > 0 {
		return failure.OfUsage(errors.Join(wrong...))
	}
	return nil
}

func runDeliveries(ctx context.Context, open opener, out *output.Printer, call deliveriesCall) error {
	if err := call.check(out.Interactive); err != nil {
		return err
	}
	world, err := open(ctx)
	if err != nil {
		return err
	}
	if call.redeliver && (call.sure || call.dryRun) {
		return redeliverFailed(ctx, out, world, call)
	}
	found, err := findDeliveries(ctx, out, world, call)
	if err != nil {
		return err
	}
	if !call.redeliver {
		printDeliveries(out, found)
		return nil
	}
	return askAndRedeliver(ctx, out, world, call, found)
}

// askAndRedeliver lists what would be sent again, on standard error, and asks for confirmation.
func askAndRedeliver(ctx context.Context, out *output.Printer, log backend.Deliveries, call deliveriesCall, found *foundDeliveries) error {
	if n := len(found.Records); n > 0 {
		out.NoteTable(deliveryTable(found.Records))
		if !out.Confirm(fmt.Sprintf("Send %s again?", counted.Of(n, "delivery", "deliveries"))) {
			return failure.New(failure.Refused, "nothing was sent again")
		}
	}
	return redeliverFailed(ctx, out, log, call)
}

// foundDeliveries are the deliveries of all pages, as --output json prints them.
type foundDeliveries struct {
	Records []latch.Record `json:"records"`
	// More reports that the limit left some out. NextCursor is where they begin.
	More       bool   `json:"more,omitempty"`
	NextCursor string `json:"next_cursor,omitempty"`
	Unanswered int    `json:"unanswered,omitempty"`
	Runs       int    `json:"runs"`
}

// deliveriesAtOnce is how many deliveries are listed, or sent again, per request.
const deliveriesAtOnce = 200

func findDeliveries(ctx context.Context, out *output.Printer, log backend.Deliveries, call deliveriesCall) (*foundDeliveries, error) {
	found := &foundDeliveries{}
	var err error
	found.Records, found.NextCursor, err = gather(out, call.list, deliveriesAtOnce, func(cursor string, limit int) ([]latch.Record, string, error) {
		part, err := log.Search(ctx, call.filter, cursor, limit)
		if err != nil {
			return nil, "", err
		}
		found.Unanswered, found.Runs = max(found.Unanswered, part.Unanswered), found.Runs+part.Runs
		return part.Records, part.NextCursor, nil
	})
	found.More = found.NextCursor != ""
	return found, err
}

// redeliverFailed sends everything that failed again, page by page.
func redeliverFailed(ctx context.Context, out *output.Printer, log backend.Deliveries, call deliveriesCall) error {
	all := &deliveries.BulkRedelivery{Deliveries: []deliveries.RedeliveryOutcome{}, DryRun: call.dryRun}
	progress := out.Progress()
	for cursor := ""; ; {
		part, err := log.RedeliverFailed(ctx, call.filter, cursor, call.list.part(all.Started+all.Planned+all.Errors, deliveriesAtOnce), call.dryRun)
		if err != nil {
			progress.End()
			return redeliveryBrokenOff(out, all, err)
		}
		addPart(all, part)
		if failure.IsInterrupted(ctx) {
			progress.End()
			return redeliveryBrokenOff(out, all, ctx.Err())
		}
		cursor = part.NextCursor
		if cursor == "" || call.list.reached(all.Started+all.Planned+all.Errors) {
			break
		}
		progress.Show("%d started, %d skipped; %d runs asked", all.Started, all.Skipped, all.Runs)
	}
	progress.End()
	printRedelivered(out, all)
	return bulkFailure(all)
}

// bulkFailure is silent, since what was printed says the same: a delivery could not be sent again, or
// runs did not answer which may have some.
func bulkFailure(all *deliveries.BulkRedelivery) error {
	switch {
	case all.Errors > 0:
		return failure.Silent(failure.ExitFailed)
	case all.Unanswered > 0:
		return failure.Silent(failure.ExitUnreachable)
	default:
		return nil
	}
}

func addPart(all, part *deliveries.BulkRedelivery) {
	all.Deliveries = append(all.Deliveries, part.Deliveries...)
	all.Started, all.Planned = all.Started+part.Started, all.Planned+part.Planned
	all.Skipped, all.Errors = all.Skipped+part.Skipped, all.Errors+part.Errors
	all.Unanswered, all.Runs = max(all.Unanswered, part.Unanswered), all.Runs+part.Runs
	all.NextCursor = part.NextCursor
}

// redeliveryBrokenOff returns the error with the number of deliveries that were sent again
// before it.
func redeliveryBrokenOff(out *output.Printer, all *deliveries.BulkRedelivery, err error) error {
	if all.Started == 0 {
		return err
	}
	failed := *failure.Explain(err)
	failed.Text += fmt.Sprintf("\n%s were sent again before this; give the command again for the others",
		counted.Of(all.Started, "delivery", "deliveries"))
	return &failed
}

func redeliverOne(ctx context.Context, open opener, out *output.Printer, id string, origin deliveries.Origin) error {
	world, err := open(ctx)
	if err != nil {
		return err
	}
	started, err := world.Redeliver(ctx, id, origin)
	if err != nil {
		return err
	}
	if out.JSON {
		out.Value(started)
		return nil
	}
	out.Printf("Redelivery %d of %s started\n  workflow: %s\n  run: %s\n", started.Redelivery, output.Printable(started.DeliveryID), output.Printable(started.WorkflowID), started.RunID)
	return nil
}
