package console

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/console/piece"
	"github.com/latch-run/latch/internal/counted"
)

// watchesPath is the path of the list of watches.
const watchesPath = rootPath + "watches"

// watchDelete is the action that deletes a watch.
const watchDelete = "delete"

// watches lists the watches of the namespace.
func (v *visit) watches() (*answer, error) {
	var listed api.Watches
	if err := v.api.Watches(v.request.Context(), &listed); err != nil {
		return nil, err
	}
	list := piece.List{ID: "watches", Name: "Watches", Columns: []string{"Watch", "Finds", "Events", "Declared by", "Changed"},
		Count: piece.Count(len(listed.Watches), len(listed.Watches), false),
		Empty: "There are none yet. Register one with starter apply, or over the API."}
	for i := range listed.Watches {
		watch := &listed.Watches[i]
		list.Rows = append(list.Rows, piece.Row{Key: watch.ID,
			Cells: []piece.Cell{piece.Link(watch.ID, v.link(watchPath(watch.ID))), piece.Code(watch.Query),
				piece.Text(strings.Join(watchEvents(watch), ", ")), piece.Text(watch.ManagedBy), piece.When(watch.UpdatedAt)}})
	}
	return show("Watches", "watches", list), nil
}

func watchPath(id string) string { return watchesPath + "/" + segment(id) }

// watchEvents returns the events that the watch's webhooks listen to, once each.
func watchEvents(watch *latch.RegisteredWatch) []string {
	var events []string
	seen := map[string]bool{}
	for i := range watch.Webhooks {
		for _, settings := range watch.Webhooks[i].EventSettings() {
			if !seen[settings.Event] {
				seen[settings.Event] = true
				events = append(events, settings.Event)
			}
		}
	}
	return events
}

// watchPage is the data of the page of one watch.
type watchPage struct {
	Title    string
	Facts    piece.Facts
	Webhooks piece.List
	// Delete is the form that deletes it; nil for callers who may not.
	Delete *piece.Form
}

// watch shows one watch.
func (v *visit) watch() (*answer, error) {
	watch, etag, err := v.readWatch()
	if err != nil {
		return nil, err
	}
	data := watchPage{Title: "Watch " + watch.ID}
	data.Webhooks = piece.List{ID: "webhooks", Name: "Webhooks", Columns: []string{"Webhook", "Events", "Sent so far"},
		Count: piece.Count(len(watch.Webhooks), len(watch.Webhooks), false)}
	data.Facts.Add("Finds", piece.Code(watch.Query).With("workflows that close, as Temporal's list has them"))
	data.Facts.Add("Task queue", piece.Text(watch.TaskQueue))
	data.Facts.Add("Declared by", piece.Text(watch.ManagedBy))
	data.Facts.Add("Since", piece.When(watch.CreatedAt))
	data.Facts.Add("Changed", piece.When(watch.UpdatedAt))
	data.Facts.Add("Run in Temporal UI", piece.Link(latch.PrefixWatch+watch.ID, v.runURL(latch.PrefixWatch+watch.ID, "")))
	for i := range watch.Webhooks {
		webhook := &watch.Webhooks[i]
		data.Webhooks.Rows = append(data.Webhooks.Rows, piece.Row{Key: webhook.ID,
			Cells: []piece.Cell{piece.Text(webhook.ID).With(hookTarget(webhook)),
				piece.Text(hookEvents(webhook)), piece.Link("its deliveries", v.link(deliveriesPath, "webhook", webhook.ID))}})
	}
	if v.may(api.RoleAdmin) {
		form := v.form("delete")
		form.Hidden = []piece.Hidden{{Name: "etag", Value: etag}}
		form.Buttons = []piece.Button{{Value: watchDelete, Label: "Delete the watch …", Look: piece.LookGrave, Help: "You are asked once more."}}
		data.Delete = &form
	}
	return show(data.Title, "watch", data), nil
}

func (v *visit) readWatch() (watch latch.RegisteredWatch, etag string, err error) {
	etag, err = v.api.Watch(v.request.Context(), v.path("id"), &watch)
	return watch, etag, err
}

// deleteWatch deletes the watch, once that is confirmed.
func (v *visit) deleteWatch() (*answer, error) {
	watch, etag, err := v.readWatch()
	if err != nil {
		return nil, err
	}
	effect := fmt.Sprintf("The watch no longer reports to %s that a workflow closed which the query finds. What it has found is still sent. "+
		"A watch that is registered anew begins with what closes from then on.", counted.Of(len(watch.Webhooks), "webhook", "webhooks"))
	form := v.form("confirm")
	form.Hidden = []piece.Hidden{{Name: "confirmed", Value: effect}, {Name: "etag", Value: etag}}
	form.Buttons = []piece.Button{{Value: watchDelete, Label: "Delete the watch", Look: piece.LookGrave}}
	confirmation := piece.Confirmation{Title: "Delete the watch " + watch.ID + "?", Effect: effect, Form: form,
		Back: v.link(watchPath(watch.ID))}
	if v.sent.Get("confirmed") == effect {
		err := v.api.DeleteWatch(v.request.Context(), watch.ID, v.sent.Get("etag"))
		if err == nil {
			return v.goTo(v.link(watchesPath), "The watch "+watch.ID+" was deleted."), nil
		}
		if !isConflict(err) {
			return nil, err
		}
		confirmation.Form.Problems = []piece.FieldProblem{{Field: "The watch as it is now", Href: confirmation.Back,
			Message: "somebody has changed it since you were asked. Nothing was deleted; confirm once more to delete it all the same."}}
		made := show(confirmation.Title, "confirm", confirmation)
		made.status = http.StatusPreconditionFailed
		return made, nil
	}
	return show(confirmation.Title, "confirm", confirmation), nil
}
