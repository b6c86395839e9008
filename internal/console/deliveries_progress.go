package console

import (
	"fmt"
	"net/http"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/console/piece"
	dlv "github.com/latch-run/latch/internal/deliveries"
)

// againPath is the path of the page that follows a batch of redeliveries.
const againPath = deliveriesPath + "/again"

// redelivered is the data of the page that follows a batch of redeliveries.
type redelivered struct {
	Summary  *piece.Notice
	Outcomes piece.List
	// Back is the address of the deliveries that match the filter.
	Back string
}

// A fateOfMany counts the deliveries of a batch by state.
type fateOfMany struct{ arrived, underWay, failed, unstarted, skipped int }

// redeliveries follows the deliveries of a batch until each has arrived or
// failed.
func (v *visit) redeliveries() (*answer, error) {
	data := redelivered{Back: v.filteredLink(deliveriesPath), Outcomes: piece.List{ID: "outcomes", Name: "Deliveries sent again",
		Columns: []string{"Delivery", "Of", "Now", "Why"}, Empty: "Nothing was sent again. The list of deliveries counts what failed and sends it again."}}
	text := v.query.Get("batch")
	if text == "" {
		data.Outcomes.Count = "0"
		return show("Sent again", "redelivered", data), nil
	}
	b, ok := decodeBatch(text)
	if !ok || !v.verifyForAll("batch "+text, v.query.Get("proof")) {
		return refusal(http.StatusUnprocessableEntity, "This address is not one of this console's, or too old", "The list of deliveries says how each goes on."), nil
	}
	now, err := v.followBatch(b)
	if err != nil {
		return nil, err
	}
	var fates fateOfMany
	for _, each := range b.Started {
		data.Outcomes.Rows = append(data.Outcomes.Rows, v.progressRow(each, now[latch.PrefixDeliveryID+each.ID], &fates))
	}
	for _, each := range b.Rest {
		data.Outcomes.Rows = append(data.Outcomes.Rows, v.unstartedRow(each, &fates))
	}
	data.Outcomes.Count = fmt.Sprint(len(data.Outcomes.Rows))
	summary := fates.notice()
	data.Summary = &summary
	made := show(fmt.Sprintf("Sent again: %d of %d arrived", fates.arrived, len(b.Started)), "redelivered", data)
	made.said = summary.Text
	return made, nil
}

// followBatch returns the current outcome of each started redelivery. It does
// not ask again about one that has ended.
func (v *visit) followBatch(b batch) (map[string]dlv.RedeliveryOutcome, error) {
	var ids []string
	for _, each := range b.Started {
		if id := latch.PrefixDeliveryID + each.ID; v.ended[id].DeliveryID == "" {
			ids = append(ids, id)
		}
	}
	now := map[string]dlv.RedeliveryOutcome{}
	if len(ids) > 0 {
		filter := v.deliveryFilter()
		filter.Failed, filter.Limit, filter.Cursor, filter.DryRun, filter.Deliveries, filter.Since = true, len(ids), "", true, ids, ""
		var found dlv.BulkRedelivery
		if err := v.api.RedeliverFailed(v.request.Context(), filter, &found); err != nil {
			return nil, err
		}
		for _, each := range found.Deliveries {
			if now[each.DeliveryID] = each; each.Reason != dlv.ReasonUnderWay && each.Outcome != dlv.OutcomeError {
				v.note(each)
			}
		}
	}
	for id, each := range v.ended {
		now[id] = each
	}
	return now, nil
}

// note remembers the outcome of a redelivery that has ended.
func (v *visit) note(ended dlv.RedeliveryOutcome) {
	if v.ended == nil {
		v.ended = map[string]dlv.RedeliveryOutcome{}
	}
	v.ended[ended.DeliveryID] = ended
}

// progressRow shows the state of a redelivery that was started.
func (v *visit) progressRow(started startedAgain, now dlv.RedeliveryOutcome, fates *fateOfMany) piece.Row {
	id := latch.PrefixDeliveryID + started.ID
	state, why := piece.Cell{Text: "on its way", Status: "wait"}, fmt.Sprint("redelivery ", max(started.Redelivery, 1))
	switch {
	case now.Outcome == dlv.OutcomePlanned:
		state, why = piece.Cell{Text: "failed again", Status: "bad"}, now.Failure
		fates.failed++
	case now.Reason == dlv.ReasonDelivered:
		state = piece.Cell{Text: "arrived", Status: "good"}
		fates.arrived++
	case now.Outcome == dlv.OutcomeError:
		state, why = piece.Cell{Text: "unknown", Status: "wait"}, now.Error
		fates.underWay++
	default:
		fates.underWay++
	}
	return piece.Row{Key: id, Cells: []piece.Cell{v.againLink(id, now.Webhook, now.Event), v.ofCell(&now), state, piece.Text(why)}}
}

// unstartedRow shows why no redelivery was started.
func (v *visit) unstartedRow(each notStarted, fates *fateOfMany) piece.Row {
	id := latch.PrefixDeliveryID + each.ID
	state, why := piece.Text("skipped"), each.Error
	switch {
	case each.Error != "":
		state = piece.Cell{Text: "not started", Status: "bad"}
		fates.unstarted++
	case each.Reason == dlv.ReasonUnderWay:
		why = "It was being sent already."
		fates.skipped++
	default:
		why = "It had arrived since it failed."
		fates.skipped++
	}
	return piece.Row{Key: id, Cells: []piece.Cell{v.againLink(id, each.Webhook, each.Event), {}, state, piece.Text(why)}}
}

// againLink returns a link to a delivery's page.
func (v *visit) againLink(id, webhook, event string) piece.Cell {
	if webhook == "" {
		return piece.Link(id, v.deliveryLink(&latch.Record{DeliveryID: id}))
	}
	return piece.Link(webhook, v.deliveryLink(&latch.Record{DeliveryID: id})).With("at " + event)
}

// ofCell names the release or job that fired a delivery.
func (v *visit) ofCell(each *dlv.RedeliveryOutcome) piece.Cell {
	switch {
	case each.Release != "":
		return piece.Text(each.Release).With("release")
	case each.Job != "":
		return piece.Link(each.Job, v.jobLink(each.Job)).With("job")
	default:
		return piece.Cell{}
	}
}

// notice summarizes the states of all deliveries.
func (f *fateOfMany) notice() piece.Notice {
	notice := piece.Notice{Tone: "good", Text: fmt.Sprintf("Arrived: %d. On their way: %d. Failed again: %d. Not started: %d. Skipped: %d.",
		f.arrived, f.underWay, f.failed, f.unstarted, f.skipped)}
	switch {
	case f.failed+f.unstarted > 0:
		notice.Tone = "bad"
	case f.underWay > 0:
		notice.Tone = "wait"
	}
	return notice
}
