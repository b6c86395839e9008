package console

import (
	"fmt"
	"strings"

	"github.com/latch-run/latch/internal/console/piece"
	dlv "github.com/latch-run/latch/internal/deliveries"
)

// redeliveriesLimit bounds how many deliveries are redelivered at once: as many
// as fit into an address.
const redeliveriesLimit = 150

// countFailed counts the failed deliveries that match the filter and asks
// whether to redeliver them.
func (v *visit) countFailed() (*answer, error) {
	filter := v.deliveryFilter()
	filter.Failed, filter.Limit, filter.Cursor, filter.DryRun = true, redeliveriesLimit, "", true
	planned := new(dlv.BulkRedelivery)
	if err := v.api.RedeliverFailed(v.request.Context(), filter, planned); err != nil {
		return nil, err
	}
	return v.askRedelivery(planned), nil
}

// redeliverCounted redelivers exactly the deliveries that were counted, and
// redirects to the page that follows them. If the ids are not the ones that
// this person was shown, it counts again and asks.
func (v *visit) redeliverCounted() (*answer, error) {
	given := v.sent.Get("counted")
	ids := strings.Fields(given)
	if len(ids) == 0 || len(ids) > redeliveriesLimit || !v.verify("counted "+given, v.sent.Get("confirmed")) {
		return v.countFailed()
	}
	filter := v.deliveryFilter()
	filter.Failed, filter.Limit, filter.Cursor, filter.Deliveries = true, len(ids), "", ids
	filter.Since = "" // it is relative to now, and the ids select the deliveries
	done := new(dlv.BulkRedelivery)
	if err := v.api.RedeliverFailed(v.request.Context(), filter, done); err != nil {
		return nil, err
	}
	text := batchOf(done).encode()
	return v.goTo(v.filteredLink(againPath, "batch", text, "proof", v.signForAll("batch "+text)), ""), nil
}

// askRedelivery asks whether to redeliver the deliveries that were counted.
func (v *visit) askRedelivery(planned *dlv.BulkRedelivery) *answer {
	back := v.with("cursor", "")
	if planned.Planned == 0 {
		confirm := piece.Confirmation{Title: "Nothing is to be sent again", Back: back, Form: v.form("confirm"),
			Effect: "No failed delivery was found that the filter takes and that is not being sent already." + moreOf(planned)}
		return show(confirm.Title, "confirm", confirm)
	}
	confirm := piece.Confirmation{Title: fmt.Sprintf("Send %s again?", deliveriesOf(planned.Planned)), Back: back, Form: v.form("confirm"),
		Effect: fmt.Sprintf("Each goes out under its own delivery id, with the same request as before, at most twenty a second. What fails from now on is not sent. "+
			"Skipped, because they are being sent or have arrived since: %d.%s", planned.Skipped, moreOf(planned))}
	var ids []string
	for _, each := range planned.Deliveries {
		if each.Outcome != dlv.OutcomePlanned {
			continue
		}
		if ids = append(ids, each.DeliveryID); len(ids) <= namedRedeliveries {
			confirm.Items = append(confirm.Items, each.Webhook+" at "+each.Event+": "+each.DeliveryID)
		}
	}
	if left := len(ids) - namedRedeliveries; left > 0 {
		confirm.Items = append(confirm.Items, fmt.Sprintf("and %d more", left))
	}
	counted := strings.Join(ids, " ")
	confirm.Form.Hidden = []piece.Hidden{{Name: "counted", Value: counted}, {Name: "confirmed", Value: v.sign("counted " + counted)}}
	confirm.Form.Buttons = []piece.Button{{Value: "send", Label: fmt.Sprintf("Yes: send %d again", planned.Planned), Look: piece.LookFirst}}
	return show(confirm.Title, "confirm", confirm)
}

// namedRedeliveries is the number of deliveries that a confirmation names.
const namedRedeliveries = 20

// moreOf says that one call may not have covered all deliveries.
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

// deliveriesOf returns the count with its noun.
func deliveriesOf(n int) string {
	if n == 1 {
		return "1 delivery"
	}
	return fmt.Sprintf("%d deliveries", n)
}
