package cli

import (
	"fmt"
	"strconv"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/output"
	"github.com/latch-run/latch/internal/counted"
	"github.com/latch-run/latch/internal/deliveries"
)

func printDeliveries(out *output.Printer, found *foundDeliveries) {
	if out.JSON {
		out.Value(found)
		return
	}
	out.Table(deliveryTable(found.Records))
	sayMore(out, found.NextCursor)
	warnUnanswered(out, found.Unanswered)
}

func warnUnanswered(out *output.Printer, runs int) {
	if runs > 0 {
		out.Warnf("no worker answered for %s: their deliveries are missing; is a worker polling their task queues?",
			counted.Of(runs, "run", "runs"))
	}
}

// deliveryTable is the table of deliveries of all runs.
func deliveryTable(records []latch.Record) *output.Table {
	t := output.NewTable("TIME", "RESULT", "WEBHOOK", "EVENT", "OF", "ATTEMPTS", "ANSWER", "DELIVERY", "ERROR")
	for i := range records {
		r := &records[i]
		t.Add(
			output.Plain(utc(r.StartedAt)), resultColour(r.Result).In(resultOf(r)), output.Plain(output.OneLine(r.Webhook)), output.Plain(eventOf(r.Event, r.Step)),
			output.Plain(output.OrDash(output.OneLine(subjectOf(r.Job, r.Release, r.WorkflowID)))), output.Plain(strconv.Itoa(r.Attempts)), output.Plain(output.OrDash(answer(r))),
			output.Dim.In(output.Printable(r.DeliveryID)), output.Plain(output.OrDash(output.OneLine(note(r)))))
	}
	return t
}

// resultOf returns the result, with the number of the redelivery.
func resultOf(r *latch.Record) string {
	if r.Redelivery == 0 {
		return r.Result
	}
	return fmt.Sprintf("%s (redelivery %d)", r.Result, r.Redelivery)
}

// subjectOf names the run or the step that fired the event.
func subjectOf(job, release, workflowID string) string {
	switch {
	case release != "":
		return "release " + release
	case job != "":
		return "job " + job
	default:
		return workflowID
	}
}

// longestRedelivered is how many deliveries of a queue are listed one by one.
const longestRedelivered = 50

// queued is what is done with what was skipped: a workflow sends it in order, as long as the
// endpoint is not disabled.
const queued = "queued"

// printKept prints what was done with what was skipped: of many only how many, by
// what was done.
func printKept(out *output.Printer, all *deliveries.BulkRedelivery) {
	if out.JSON || len(all.Deliveries) <= longestRedelivered {
		listRedelivered(out, all, queued)
		return
	}
	t := output.NewTable("DONE", "WEBHOOK", "DELIVERIES", "NOTE")
	var row *deliveries.RedeliveryOutcome
	count := 0
	add := func() {
		if row != nil {
			cells := redeliveredRow(row)
			t.Add(cells[0], cells[1], output.Plain(strconv.Itoa(count)), cells[len(cells)-1])
		}
	}
	for i := range all.Deliveries {
		each := &all.Deliveries[i]
		if row == nil || each.Outcome != row.Outcome || each.Webhook != row.Webhook || each.WorkflowID != row.WorkflowID || each.Reason != row.Reason {
			add()
			row, count = each, 0
		}
		count++
	}
	add()
	out.Table(t)
	sayRedelivered(out, all, queued)
}

// printRedelivered prints the outcome for each delivery that failed, and the totals.
func printRedelivered(out *output.Printer, all *deliveries.BulkRedelivery) {
	listRedelivered(out, all, "sent again")
}

// listRedelivered prints the outcome for each delivery, and the totals. done says what was done with
// those that were started.
func listRedelivered(out *output.Printer, all *deliveries.BulkRedelivery, done string) {
	if out.JSON {
		out.Value(all)
		return
	}
	if len(all.Deliveries) == 0 {
		if all.Unanswered == 0 {
			out.Printf("no delivery failed\n")
		}
		warnUnanswered(out, all.Unanswered)
		return
	}
	t := output.NewTable("DONE", "WEBHOOK", "EVENT", "OF", "DELIVERY", "NOTE")
	for i := range all.Deliveries {
		t.Add(redeliveredRow(&all.Deliveries[i])...)
	}
	out.Table(t)
	sayRedelivered(out, all, done)
}

// sayRedelivered prints the totals.
func sayRedelivered(out *output.Printer, all *deliveries.BulkRedelivery, done string) {
	if all.DryRun {
		out.Printf("%d would be %s, %d skipped\n", all.Planned, done, all.Skipped)
	} else {
		out.Printf("%d %s, %d skipped, %d could not be\n", all.Started, done, all.Skipped, all.Errors)
	}
	if all.NextCursor != "" {
		out.Notef("There may be more; --limit bounds them.")
	}
	warnUnanswered(out, all.Unanswered)
}

func redeliveredRow(d *deliveries.RedeliveryOutcome) []output.Cell {
	colour := map[string]output.Colour{deliveries.OutcomeStarted: output.Green, deliveries.OutcomePlanned: output.Yellow, deliveries.OutcomeSkipped: output.Dim, deliveries.OutcomeError: output.Red}[d.Outcome]
	told := d.Error
	switch {
	case d.Outcome == deliveries.OutcomeStarted && d.Redelivery == 0:
		told = "in order, by " + d.WorkflowID
	case d.Outcome == deliveries.OutcomeStarted:
		told = fmt.Sprintf("redelivery %d: %s", d.Redelivery, d.WorkflowID)
	case d.Outcome == deliveries.OutcomePlanned:
		told = d.Failure
	case d.Reason == deliveries.ReasonUnderWay:
		told = "is under way"
	case d.Reason == deliveries.ReasonDelivered:
		told = "was delivered since"
	}
	return []output.Cell{colour.In(output.Printable(d.Outcome)), output.Plain(output.OneLine(d.Webhook)), output.Plain(output.Printable(d.Event)), output.Plain(output.OrDash(output.OneLine(subjectOf(d.Job, d.Release, d.FiredBy)))),
		output.Dim.In(output.Printable(d.DeliveryID)), output.Plain(output.OrDash(output.OneLine(told)))}
}
