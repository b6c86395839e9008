package console

import (
	"fmt"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/console/piece"
	dlv "github.com/latch-run/latch/internal/deliveries"
)

// redelivered is the data of the page that says what was done in bulk.
type redelivered struct {
	Summary  piece.Notice
	Outcomes piece.List
	Back     string
}

// redeliverFailed sends again what failed and the filter takes, once the number
// that was counted is confirmed; else it counts and asks.
func (v *visit) redeliverFailed() (*answer, error) {
	planned, err := v.redeliverPart(true)
	if err != nil {
		return nil, err
	}
	if v.sent.Get("confirmed") != fmt.Sprint(planned.Planned) || planned.Planned == 0 {
		return v.askRedelivery(planned), nil
	}
	done, err := v.redeliverPart(false)
	if err != nil {
		return nil, err
	}
	return v.showRedelivered(done), nil
}

// redeliverPart sends again what the page's filter takes, or counts it.
func (v *visit) redeliverPart(dryRun bool) (*dlv.BulkRedelivery, error) {
	filter := v.deliveryFilter()
	filter.Failed, filter.Limit, filter.Cursor, filter.DryRun = true, redeliveriesLimit, "", dryRun
	bulk := new(dlv.BulkRedelivery)
	return bulk, v.api.RedeliverFailed(v.request.Context(), filter, bulk)
}

// askRedelivery asks whether to send as many again.
func (v *visit) askRedelivery(planned *dlv.BulkRedelivery) *answer {
	back := v.with("cursor", "")
	if planned.Planned == 0 {
		confirm := piece.Confirmation{Title: "Nothing is to be sent again", Back: back, Form: v.form("confirm"),
			Effect: "No failed delivery was found that the filter takes and that is not being sent already." + moreOf(planned)}
		return show(confirm.Title, "confirm", confirm)
	}
	confirm := piece.Confirmation{Title: fmt.Sprintf("Send %s again?", deliveriesOf(planned.Planned)), Back: back, Form: v.form("confirm"),
		Effect: fmt.Sprintf("Each goes out under its own delivery id, with the same request as before, at most twenty a second. Skipped, because they are being sent or have arrived since: %d.%s",
			planned.Skipped, moreOf(planned))}
	for _, each := range planned.Deliveries {
		if each.Outcome == dlv.OutcomePlanned && len(confirm.Items) < namedRedeliveries {
			confirm.Items = append(confirm.Items, each.Webhook+" at "+each.Event+": "+each.DeliveryID)
		}
	}
	if left := planned.Planned - len(confirm.Items); left > 0 {
		confirm.Items = append(confirm.Items, fmt.Sprintf("and %d more", left))
	}
	confirm.Form.Hidden = []piece.Hidden{{Name: "confirmed", Value: fmt.Sprint(planned.Planned)}}
	confirm.Form.Buttons = []piece.Button{{Value: "send", Label: fmt.Sprintf("Yes: send %d again", planned.Planned), Look: piece.LookFirst}}
	return show(confirm.Title, "confirm", confirm)
}

// namedRedeliveries is how many deliveries a confirmation names.
const namedRedeliveries = 20

// moreOf says that one call does not reach all.
func moreOf(bulk *dlv.BulkRedelivery) string {
	text := ""
	if bulk.NextCursor != "" {
		text += " There may be more than one call reaches: when these have gone out, count again."
	}
	if bulk.Unanswered > 0 {
		text += fmt.Sprintf(" Runs for which no worker answered, whose deliveries are missing: %d.", bulk.Unanswered)
	}
	return text
}

// showRedelivered says of each delivery what was done. Each one's page follows it
// from there.
func (v *visit) showRedelivered(done *dlv.BulkRedelivery) *answer {
	data := redelivered{Back: v.with("cursor", ""), Summary: piece.Notice{Tone: "good",
		Text: fmt.Sprintf("Started: %d. Skipped: %d. Could not be started: %d.%s", done.Started, done.Skipped, done.Errors, moreOf(done))},
		Outcomes: piece.List{ID: "outcomes", Name: "Deliveries", Count: fmt.Sprint(len(done.Deliveries)),
			Columns: []string{"Delivery", "Of", "Done", "Why"}, Empty: "Nothing was sent again.",
			Lag: "As of when they were started. A delivery's page changes by itself while it goes out."}}
	if done.Errors > 0 {
		data.Summary.Tone = "bad"
	}
	for i := range done.Deliveries {
		data.Outcomes.Rows = append(data.Outcomes.Rows, v.outcomeRow(&done.Deliveries[i]))
	}
	return show("Sent again", "redelivered", data)
}

func (v *visit) outcomeRow(each *dlv.RedeliveryOutcome) piece.Row {
	name := piece.Link(each.Webhook, v.deliveryLink(&latch.Record{DeliveryID: each.DeliveryID})).With("at " + each.Event)
	of, done, why := piece.Text(each.Release).With("release"), piece.Text(each.Outcome), piece.Text(each.Error)
	if each.Release == "" {
		of = piece.Text(each.Job).With("job")
	}
	if each.Job+each.Release == "" {
		of = piece.Cell{}
	}
	switch {
	case each.Outcome == dlv.OutcomeStarted:
		done.Status, why = "good", piece.Text(fmt.Sprint("redelivery ", each.Redelivery))
	case each.Outcome == dlv.OutcomeError:
		done = piece.Cell{Text: "not started", Status: "bad"}
	case each.Reason == dlv.ReasonUnderWay:
		why = piece.Text("It is being sent already.")
	case each.Reason == dlv.ReasonDelivered:
		why = piece.Text("It has arrived since it failed.")
	}
	return piece.Row{Key: each.DeliveryID, Cells: []piece.Cell{name, of, done, why}}
}

// deliveriesOf counts deliveries in words.
func deliveriesOf(n int) string {
	if n == 1 {
		return "1 delivery"
	}
	return fmt.Sprintf("%d deliveries", n)
}
