package console

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/apiclient"
	"github.com/latch-run/latch/internal/console/piece"
)

// webhooksPath is the path of the list of registered webhooks.
const webhooksPath = rootPath + "webhooks"

// newWebhookPath is the path of the form for a new webhook. It is not below the
// list, because any word may be a webhook's id.
const newWebhookPath = rootPath + "new-webhook"

// A hooksPage is the data of the list of registered webhooks.
type hooksPage struct {
	List piece.List
	// New is the address of the form for a new webhook; "" for callers who may
	// not.
	New string
	// Conflict says that somebody else changed a webhook.
	Conflict *piece.Notice
	// Switches are the forms that enable or disable a webhook.
	Switches []piece.Form
}

// webhooks lists the registered webhooks.
func (v *visit) webhooks() (*answer, error) {
	var listed api.Webhooks
	if err := v.api.Webhooks(v.request.Context(), &listed); err != nil {
		return nil, err
	}
	page := hooksPage{List: piece.List{ID: "webhooks", Name: "Registered webhooks", Columns: []string{"Webhook", "Events", "State", "Endpoint", "Secret", "Changed"},
		Count: piece.Count(len(listed.Webhooks), len(listed.Webhooks), false), Empty: "There are none yet."}}
	if v.may(api.RoleAdmin) {
		page.New = v.link(newWebhookPath)
	}
	for i := range listed.Webhooks {
		webhook := &listed.Webhooks[i]
		page.List.Rows = append(page.List.Rows, v.hookRow(webhook))
		if v.may(api.RoleAdmin) {
			page.Switches = append(page.Switches, v.hookSwitch(i, webhook))
		}
	}
	return show("Webhooks", "webhooks", page), nil
}

func (v *visit) hookRow(webhook *latch.RegisteredWebhook) piece.Row {
	state := piece.Status(map[bool]string{true: "enabled", false: "disabled"}[webhook.IsEnabled()])
	if webhook.Enforced {
		state.Note = "enforced"
	}
	name := piece.Link(webhook.ID, v.link(webhooksPath+"/"+segment(webhook.ID))).With(hookTarget(&webhook.Webhook))
	return piece.Row{Key: webhook.ID, Cells: []piece.Cell{name,
		piece.Text(hookEvents(&webhook.Webhook)), state, hookEndpoint(webhook), piece.Text(webhook.Secret), piece.When(webhook.UpdatedAt)}}
}

// hookEndpoint returns what is known of the webhook's endpoint: nothing unless its failed attempts are
// counted.
func hookEndpoint(webhook *latch.RegisteredWebhook) piece.Cell {
	state := webhook.Endpoint
	switch {
	case webhook.Health == nil:
		return piece.Cell{}
	case state == nil:
		return piece.Status("healthy")
	case state.Disabled():
		since := "since " + state.DisabledAt.UTC().Format("2006-01-02 15:04 MST")
		return piece.Cell{Text: state.State, Status: "bad"}.WithTime(since+"; tried again at", state.ProbeAt)
	default:
		return piece.Cell{Text: state.State, Status: "bad"}.WithTime("since", state.Since)
	}
}

// hookEvents returns the events that the webhook listens to, in words.
func hookEvents(webhook *latch.Webhook) string {
	var events []string
	for _, settings := range webhook.EventSettings() {
		event := settings.Event
		if settings.Blocking {
			event += " (blocking)"
		}
		events = append(events, event)
	}
	return strings.Join(events, ", ")
}

// hookTarget returns where the webhook sends.
func hookTarget(webhook *latch.Webhook) string {
	if webhook.URLSecret != "" {
		return "the secret " + webhook.URLSecret
	}
	if kind := webhook.Work(); kind != "" {
		return kind + " " + webhook.WorkName()
	}
	return webhook.URL
}

// hookSwitch returns the form that enables or disables a webhook.
func (v *visit) hookSwitch(at int, webhook *latch.RegisteredWebhook) piece.Form {
	form := v.form(fmt.Sprint("switch-", at))
	form.Hidden = []piece.Hidden{{Name: "id", Value: webhook.ID}, {Name: "etag", Value: api.WebhookETag(webhook)}}
	form.Buttons = []piece.Button{{Value: "enable", Label: "Enable " + webhook.ID}}
	if webhook.IsEnabled() {
		form.Buttons = []piece.Button{{Value: "disable", Label: "Disable " + webhook.ID}}
	}
	return form
}

func enableWebhook(enabled bool) func(*visit) (*answer, error) {
	return func(v *visit) (*answer, error) {
		id := v.sent.Get("id")
		err := v.api.EnableWebhook(v.request.Context(), id, v.sent.Get("etag"), enabled)
		if made := v.listChanged(id, err); made != nil {
			return made, nil
		} else if err != nil {
			return nil, err
		}
		word := map[bool]string{true: "enabled", false: "disabled"}[enabled]
		back := webhooksPath
		if p := v.hookPlace(); p.id != "" { // on the webhook's own page
			back += "/" + segment(p.id)
		}
		return v.goTo(v.link(back), "The webhook "+id+" is "+word+"."), nil
	}
}

// listChanged shows the list again if somebody else has changed one of its
// webhooks meanwhile. It returns nil if err is another error.
func (v *visit) listChanged(id string, err error) *answer {
	if !isConflict(err) {
		return nil
	}
	made := v.answerOf((*visit).webhooks)
	if page, listed := made.data.(hooksPage); listed {
		page.Conflict = &piece.Notice{Tone: "bad", Title: "Somebody else has changed the webhook " + id + " since you opened this list",
			Text: "Nothing of yours is done yet. Below is the list as it is now."}
		made.data, made.status = page, http.StatusPreconditionFailed
	}
	return made
}

// hookRecordsShown is the number of records shown for each event.
const hookRecordsShown = 5

// hookHistory reads the latest deliveries of a webhook at an event.
func (v *visit) hookHistory(id string, at int, event string) (hookHistory, error) {
	history := hookHistory{Event: event}
	var part api.WebhookHistory
	err := v.api.WebhookHistory(v.request.Context(), id, event, "", hookRecordsShown, &part)
	var problem *apiclient.Problem
	if errors.As(err, &problem) && problem.Status == http.StatusNotImplemented {
		history.Note = problem.Detail
		return history, nil
	} else if err != nil {
		return history, err
	}
	for i, record := range part.Records {
		history.Records = append(history.Records, piece.RecordOf(fmt.Sprintf("record-%d-%d", at, i), record))
	}
	switch {
	case part.NextCursor != "":
		history.Note = fmt.Sprintf("These are the newest %d.", len(part.Records))
	case part.Incomplete:
		history.Note = "Too many runs are open to ask all of them: some records may be missing."
	case len(part.Records) == 0:
		history.Note = "Nothing was sent yet."
	}
	return history, nil
}

func textOf(value json.RawMessage) string {
	var text string
	_ = json.Unmarshal(value, &text)
	return text
}
