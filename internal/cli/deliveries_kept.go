package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch/internal/cli/backend"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/cli/output"
	"github.com/latch-run/latch/internal/counted"
	"github.com/latch-run/latch/internal/deliveries"
	"github.com/latch-run/latch/internal/typo"
)

// A keptCall holds the arguments of deliveries redeliver --skipped.
type keptCall struct {
	filter deliveries.Filter
	span   timeSpan
	dryRun bool
	wait   bool
}

func (c *keptCall) flags(command *cobra.Command) {
	flags := command.Flags()
	flags.BoolVar(&c.filter.Kept, "skipped", false, "send what was skipped since its endpoint was disabled")
	flags.StringVar(&c.filter.Webhook, "webhook", "", "with --skipped: only of the webhook of this id")
	c.span.flags(command, "with --skipped: only what was skipped since then", "with --skipped: only what was skipped before then")
	flags.StringVar(&c.filter.TaskQueue, "task-queue", "", "with --skipped: only what was fired on this task queue; no other worker is asked")
	flags.BoolVar(&c.dryRun, "dry-run", false, "with --skipped: list what would be sent, and send nothing")
	flags.BoolVar(&c.wait, "wait", false, "with --skipped: wait until the workflow has ended, as on a terminal; the exit code is 1 if it "+
		"left something unsent")
}

// check parses the times, and returns all problems of the arguments and flags.
func (c *keptCall) check(args []string, origin deliveries.Origin) error {
	var wrong []error
	var err error
	if c.filter.Since, c.filter.Until, err = c.span.times(); err != nil {
		wrong = append(wrong, err)
	}
	others := c.filter.TaskQueue != "" || c.filter.Webhook != "" || !c.filter.Since.IsZero() || !c.filter.Until.IsZero() || c.dryRun || c.wait
	switch {
	case c.filter.Kept && len(args) > 0:
		wrong = append(wrong, errors.New("give the ID of one delivery, or --skipped for all that were skipped, not both"))
	case c.filter.Kept && origin != (deliveries.Origin{}):
		wrong = append(wrong, errors.New("--workflow-id and --run-id go with the ID of one delivery, and not with --skipped"))
	case !c.filter.Kept && len(args) == 0:
		wrong = append(wrong, errors.New("give the ID of one delivery, or --skipped for all that were skipped"))
	case !c.filter.Kept && others:
		wrong = append(wrong, errors.New("--webhook, --since, --until, --task-queue, --dry-run and --wait go with --skipped, and not with the ID of one delivery"))
	}
	return errors.Join(wrong...)
}

// redeliverKept sends the deliveries that were skipped.
func redeliverKept(ctx context.Context, open opener, out *output.Printer, call keptCall) error {
	log, err := open(ctx)
	if err != nil {
		return err
	}
	progress := out.Progress()
	progress.Show("looking for what was skipped")
	bulk, err := log.RedeliverSkipped(ctx, call.filter, call.dryRun, func(runs, found int) {
		progress.Show("looking for what was skipped: %s asked, %d found", counted.Of(runs, "run", "runs"), found)
	})
	progress.End()
	if err == nil && len(bulk.Deliveries) == 0 && bulk.Unanswered == 0 {
		err = checkRegistered(ctx, log, call.filter.Webhook)
	}
	if err != nil {
		return err
	}
	if len(bulk.Deliveries) == 0 && !out.JSON {
		if bulk.Unanswered == 0 {
			out.Printf("nothing was skipped since its endpoint was disabled\n")
		}
		warnUnanswered(out, bulk.Unanswered)
		return bulkFailure(bulk)
	}
	var followed error
	if !call.dryRun && call.follows(out) {
		followed = followQueues(ctx, log, out, bulk)
	}
	printKept(out, bulk)
	if bulk.Incomplete && bulk.Unanswered == 0 && !out.JSON {
		out.Notef("There are more than one queue holds; repeat this once it has ended.")
	}
	if followed == nil {
		return bulkFailure(bulk)
	}
	return followed
}

// checkRegistered returns an error if the webhook of which nothing was found is not registered. Only a
// registered webhook skips deliveries, and one that was deleted since may have. Runs of all task queues
// were asked unless one was given, but what is registered is known of one alone.
func checkRegistered(ctx context.Context, lists backend.Lists, id string) error {
	if id == "" {
		return nil
	}
	registered, err := lists.Webhooks(ctx)
	if err != nil {
		return nil // what was asked has its answer: nothing
	}
	ids := make([]string, len(registered))
	for i := range registered {
		ids[i] = registered[i].ID
	}
	if slices.Contains(ids, id) {
		return nil
	}
	meant := ""
	if near := typo.Meant(id, ids); near != "" {
		meant = fmt.Sprintf("; did you mean %q?", near)
	}
	return failure.New(failure.NotFound, "no webhook %q is registered on the task queue that is looked at, and no run of that time, on any, has skipped a delivery to it%s", id, meant)
}
