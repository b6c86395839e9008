package console

import (
	"fmt"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/apiclient"
	"github.com/latch-run/latch/internal/console/piece"
	dlv "github.com/latch-run/latch/internal/deliveries"
	"github.com/latch-run/latch/internal/locklink"
)

// deliveriesPath is the path of the list of deliveries.
const deliveriesPath = locklink.DeliveriesPath

// deliveriesLimit is the number of deliveries on one page of the list.
const deliveriesLimit = 50

// deliveryList is the data of the page of deliveries.
type deliveryList struct {
	Filters    piece.Form
	Incomplete *piece.Notice
	List       piece.List
	// Statistics is the address of the statistics of all matching deliveries.
	Statistics string
	// All is the form that redelivers all that failed; nil for callers who may
	// not.
	All *piece.Form
}

// deliveryFilter reads the filter from the page's address.
func (v *visit) deliveryFilter() apiclient.DeliveryFilter {
	q := v.query
	return apiclient.DeliveryFilter{Failed: q.Get("failed") == "true", Since: q.Get("since"), Webhook: q.Get("webhook"), Event: q.Get("event"),
		Job: q.Get("job"), Release: q.Get("release"), Outcome: q.Get("outcome"), Limit: deliveriesLimit, Cursor: q.Get("cursor")}
}

// deliveries lists the deliveries of all runs.
func (v *visit) deliveries() (*answer, error) {
	filter := v.deliveryFilter()
	var part dlv.DeliveryPart
	if err := v.api.Deliveries(v.request.Context(), filter, &part); err != nil {
		return nil, err
	}
	data := deliveryList{Filters: deliveryFilters(filter), Statistics: v.filteredLink(statisticsPath), List: piece.List{ID: "list", Name: "Deliveries",
		Count:   piece.Count(len(part.Records), piece.Unknown, part.NextCursor != "" || filter.Cursor != ""),
		Columns: []string{"Delivery", "Of", "Outcome", "Attempts", "Began", "Took", "Run in Temporal"}, Empty: "No delivery is found.",
		Lag: "The newest first. A run shows here a moment after its start."}}
	for i := range part.Records {
		row := v.deliveryRow(&part.Records[i])
		markPartial(&row, &part.Records[i], part.Unread)
		data.List.Rows = append(data.List.Rows, row)
	}
	if filter.Cursor != "" {
		data.List.First = v.with("cursor", "")
	}
	if part.NextCursor != "" {
		data.List.Next = v.with("cursor", part.NextCursor)
	}
	if part.Unanswered > 0 {
		data.Incomplete = &piece.Notice{Tone: "wait", Text: missing(part.Unanswered), Items: unreadItems(part.Unread)}
	}
	if v.may(api.RoleRun) {
		form := v.form("all")
		form.Buttons = []piece.Button{{Value: "count", Label: "Send again what failed …", Help: "Of the filter's webhook, event, job, release and time. You see how many before anything is sent."}}
		data.All = &form
	}
	return show("Deliveries", "deliveries", data), nil
}

func deliveryFilters(filter apiclient.DeliveryFilter) piece.Form {
	failed := ""
	if filter.Failed {
		failed = "true"
	}
	return piece.Form{ID: "filter", Groups: []piece.Group{{Fields: []piece.Field{
		{Name: "webhook", Label: "Webhook", Kind: piece.KindSearch, Value: filter.Webhook, Help: "its id"},
		{Name: "event", Label: "Event", Value: filter.Event},
		{Name: "job", Label: "Job", Value: filter.Job, Help: "its id"},
		{Name: "release", Label: "Release", Value: filter.Release, Help: "its id"},
		{Name: "since", Label: "Since", Value: filter.Since, Help: "a duration back from now, such as 24h, or a time"},
		{Name: "outcome", Label: "Outcome", Kind: piece.KindSelect, Value: filter.Outcome, Options: outcomeOptions()},
		{Name: "failed", Label: "Only what failed and has not arrived since", Kind: piece.KindCheck, Value: failed},
	}}}, Buttons: []piece.Button{{Name: "show", Label: "Filter"}}}
}

// deliveryRow shows a delivery, with a link to its page.
func (v *visit) deliveryRow(record *latch.Record) piece.Row {
	took := piece.Cell{}
	if !record.CompletedAt.IsZero() && record.Attempts > 0 {
		took = piece.Text(piece.Span(record.DurationMS))
	}
	name := piece.Link(record.Webhook, v.deliveryLink(record)).With("at " + record.Event)
	if record.Step != "" {
		name.Note += ", step " + record.Step
	}
	if record.Redelivery > 0 {
		name.Note += fmt.Sprintf(", redelivery %d", record.Redelivery)
	}
	return piece.Row{Key: fmt.Sprint(record.DeliveryID, record.Redelivery), Cells: []piece.Cell{name, v.firedBy(record),
		outcomeCell(record).With(record.Error), piece.Text(fmt.Sprint(record.Attempts)), piece.When(record.StartedAt), took,
		piece.Link(record.WorkflowID, v.runURL(record.WorkflowID, record.RunID))}}
}

// markPartial marks the row of a delivery whose redelivery could not be read.
func markPartial(row *piece.Row, record *latch.Record, unread []dlv.UnreadRun) {
	for _, each := range unread {
		if each.DeliveryID == record.DeliveryID {
			row.Cells[2] = piece.Cell{Text: "partial", Status: "wait", Note: "as its run left it; how it went on in " + each.WorkflowID + " cannot be read. " + each.Reason}
		}
	}
}
