package cli

import (
	"fmt"
	"strconv"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/deliveries"
)

func (a *app) printDeliveries(found *foundDeliveries) {
	if a.json() {
		a.printJSON(found)
		return
	}
	deliveryTable(found.Records).write(a.out, a.terminal, a.colour())
	a.sayMore(found.NextCursor)
	a.warnUnanswered(found.Unanswered)
}

func (a *app) warnUnanswered(runs int) {
	if runs > 0 {
		a.warn("no worker answered for %s: their deliveries are missing; is a worker polling their task queues?", counted(runs, "run", "runs"))
	}
}

// deliveryTable is the table of deliveries of all runs.
func deliveryTable(records []latch.Record) *table {
	t := &table{header: []string{"TIME", "RESULT", "WEBHOOK", "EVENT", "OF", "ATTEMPTS", "ANSWER", "DELIVERY", "ERROR"}}
	for i := range records {
		r := &records[i]
		t.rows = append(t.rows, []cell{
			{utc(r.StartedAt), plain}, {resultOf(r), resultColour(r.Result)}, {oneLine(r.Webhook), plain}, {eventOf(r.Event, r.Step), plain},
			{orDash(oneLine(subjectOf(r.Job, r.Release, r.WorkflowID))), plain}, {strconv.Itoa(r.Attempts), plain}, {orDash(answer(r)), plain},
			{printable(r.DeliveryID), dim}, {orDash(oneLine(note(r))), plain},
		})
	}
	return t
}

// resultOf tells a redelivery by its number.
func resultOf(r *latch.Record) string {
	if r.Redelivery == 0 {
		return r.Result
	}
	return fmt.Sprintf("%s (redelivery %d)", r.Result, r.Redelivery)
}

// subjectOf names what fired the event.
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

// printRedelivered prints what was done about each delivery, and how many.
func (a *app) printRedelivered(all *deliveries.BulkRedelivery) {
	if a.json() {
		a.printJSON(all)
		return
	}
	if len(all.Deliveries) == 0 {
		a.printf("no delivery failed\n")
		a.warnUnanswered(all.Unanswered)
		return
	}
	t := &table{header: []string{"DONE", "WEBHOOK", "EVENT", "OF", "DELIVERY", "NOTE"}}
	for i := range all.Deliveries {
		t.rows = append(t.rows, redeliveredRow(&all.Deliveries[i]))
	}
	t.write(a.out, a.terminal, a.colour())
	if all.DryRun {
		a.printf("%d would be sent again, %d skipped\n", all.Planned, all.Skipped)
	} else {
		a.printf("%d sent again, %d skipped, %d could not be\n", all.Started, all.Skipped, all.Errors)
	}
	if all.NextCursor != "" {
		fmt.Fprintln(a.err, "There may be more; --limit bounds them.")
	}
	a.warnUnanswered(all.Unanswered)
}

func redeliveredRow(d *deliveries.RedeliveryOutcome) []cell {
	colour := map[string]string{deliveries.OutcomeStarted: green, deliveries.OutcomePlanned: yellow, deliveries.OutcomeSkipped: dim, deliveries.OutcomeError: red}[d.Outcome]
	told := d.Error
	switch {
	case d.Outcome == deliveries.OutcomeStarted:
		told = fmt.Sprintf("redelivery %d: %s", d.Redelivery, d.WorkflowID)
	case d.Reason == deliveries.ReasonUnderWay:
		told = "is under way"
	case d.Reason == deliveries.ReasonDelivered:
		told = "was delivered since"
	}
	return []cell{{printable(d.Outcome), colour}, {oneLine(d.Webhook), plain}, {printable(d.Event), plain}, {orDash(oneLine(subjectOf(d.Job, d.Release, ""))), plain},
		{printable(d.DeliveryID), dim}, {orDash(oneLine(told)), plain}}
}

// counted returns a number with its noun.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// progress shows on a terminal how far long work is, in one line of standard
// error that end wipes.
type progress struct {
	app   *app
	shown bool
}

func (a *app) progress() *progress { return &progress{app: a} }

func (p *progress) show(format string, args ...any) {
	if !p.app.interactive || !p.app.terminal {
		return
	}
	fmt.Fprintf(p.app.err, "\r\x1b[K"+format+" …", args...)
	p.shown = true
}

func (p *progress) end() {
	if p.shown {
		fmt.Fprint(p.app.err, "\r\x1b[K")
	}
}
