package console

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/console/piece"
)

// hookFormID is the id of a webhook's form.
const hookFormID = "webhook"

// hookForm returns the form of a draft. etag is that of the webhook that was
// loaded, or "" for a new one.
func (v *visit) hookForm(d *hookDraft, etag string) piece.Form {
	form := v.form(hookFormID, append(d.groups(etag == ""), d.testedEvents()...)...)
	form.Hidden = []piece.Hidden{{Name: "events", Value: strconv.Itoa(d.events)}, {Name: "etag", Value: etag}}
	return form
}

// groups returns the draft's fields: first the main ones, then those of each
// event, then the others.
func (d *hookDraft) groups(isNew bool) []piece.Group {
	groups := []piece.Group{{Fields: d.firstFields(isNew)}}
	short := d.isShort()
	for at := range d.events {
		groups = append(groups, d.eventGroup(at, short))
	}
	groups = append(groups, d.objectGroups()...)
	more := piece.Group{Legend: "More settings", Folded: true}
	for _, key := range hookKeys() {
		if !(key.registered && d.ofJob) {
			more.Fields = append(more.Fields, d.field(key, key.name, key.name))
		}
	}
	more.Fields = append(more.Fields, d.check("body_json", "body_json", "The body is JSON whose strings are templates, not one template"),
		piece.Field{Name: "rest", Label: "Other keys", Kind: piece.KindCode, Rows: 8, Rest: true, Value: d.Get("rest"),
			Help: "JSON or YAML: what has no field above, such as managed_by. Secrets are given by name."})
	groups = append(groups, more)
	showLines(groups)
	return groups
}

// firstFields returns the main fields, in the order of the documentation.
func (d *hookDraft) firstFields(isNew bool) []piece.Field {
	eventPath := map[bool]string{true: "event_type", false: "event"}[d.ofJob]
	switch {
	case !d.isShort():
		eventPath = "events[0].event"
	case !d.ofJob && d.Get(eventField(0, "event")) == "":
		eventPath = "events"
	}
	events := latch.EventsOf(latch.JobKind)
	if !d.ofJob {
		events = slices.Concat(events, latch.EventsOf(latch.ReleaseKind), latch.EventsOf(latch.LockKind))
	}
	var fields []piece.Field
	if !d.ofJob && isNew {
		fields = append(fields, piece.Field{Name: "id", Label: "Id", Value: d.Get("id"), Help: "Its name in records and links; it stays"})
	}
	return append(fields,
		piece.Field{Name: "url", Label: "URL", Value: d.Get("url"), Help: "Where to send the request; a template"},
		d.eventField(0, eventPath, events),
		piece.Field{Name: "method", Label: "Method", Kind: piece.KindSelect, Value: d.Get("method"),
			Options: append(optionsWith(cmp.Or(d.Get("method"), "POST"), "POST", "GET", "PUT", "PATCH", "DELETE"), piece.Option{Label: "not given: POST"})},
		piece.Field{Name: "content_type", Label: "Content type", Value: d.Get("content_type"), Help: "application/json unless given",
			Options: piece.Options(latch.DefaultContentType, "application/x-www-form-urlencoded", "text/plain")},
		piece.Field{Name: "body", Label: "Body", Kind: piece.KindCode, Rows: 8, Value: d.Get("body"),
			Help: "What to send, with ${…} for variables, such as ${job['title']}; without one, all there is to tell is sent"},
		d.check("enabled", "enabled", "Enabled"))
}

// eventField returns the field for an event's name. A job has fixed events; a
// registered webhook may listen to custom ones.
func (d *hookDraft) eventField(at int, path string, events []string) piece.Field {
	name := eventField(at, "event")
	field := piece.Field{Name: name, At: path, Label: "Event", Value: d.Get(name), Options: piece.Options(events...)}
	if d.ofJob {
		field.Kind, field.Options = piece.KindSelect, optionsWith(field.Value, append([]string{""}, events...)...)
	} else {
		field.Help = "Such as BEFORE_RELEASE, or a custom event"
	}
	if at > 0 {
		field.Help = "Leave it and all its settings empty to have no such event"
	}
	return field
}

// isShort reports whether the webhook is written with at most one event that
// has no settings.
func (d *hookDraft) isShort() bool {
	events := d.eventObjects(new(latch.Problems))
	return len(events) == 0 || len(events) == 1 && len(events[0]) == 1
}

// eventGroup returns the fields of an event's settings. It includes the event's
// name, except for the first event, whose name is among the main fields.
func (d *hookDraft) eventGroup(at int, short bool) piece.Group {
	path := fmt.Sprintf("events[%d]", at)
	group := piece.Group{Legend: "Another event", Folded: true}
	name := d.Get(eventField(at, "event"))
	switch {
	case at == 0:
		group.Legend = strings.TrimSpace("Settings of the event " + name)
	case !d.isBlank(at):
		group.Legend = fmt.Sprintf("Event %d: %s", at+1, name)
	}
	if at > 0 {
		events := latch.EventsOf(latch.JobKind)
		if !d.ofJob {
			events = slices.Concat(events, latch.EventsOf(latch.ReleaseKind), latch.EventsOf(latch.LockKind))
		}
		group.Fields = append(group.Fields, d.eventField(at, path+".event", events))
	}
	if at > 0 || !short {
		group.Folded = d.isBlank(at)
	}
	group.Fields = append(group.Fields, d.check(eventField(at, "enabled"), path+".enabled", "This event is enabled"))
	for _, key := range eventKeys {
		group.Fields = append(group.Fields, d.field(key, eventField(at, key.name), path+"."+key.name))
	}
	body := eventField(at, "body")
	return d.withBody(group, body, path)
}

func (d *hookDraft) withBody(group piece.Group, body, path string) piece.Group {
	group.Fields = append(group.Fields, piece.Field{Name: body, At: path + ".body", Label: "Body at this event", Kind: piece.KindCode, Value: d.Get(body),
		Help: "In place of the webhook's body"}, d.check(body+"_json", body+"_json", "This body is JSON whose strings are templates"))
	return group
}

func (d *hookDraft) field(key hookKey, name, path string) piece.Field {
	return piece.Field{Name: name, At: path, Label: key.label, Help: key.help, Kind: key.kind, Value: d.Get(name),
		Options: optionsWith(d.Get(name), key.options...)}
}

func (d *hookDraft) check(name, path, label string) piece.Field {
	return piece.Field{Name: name, At: path, Label: label, Kind: piece.KindCheck, Value: d.Get(name)}
}

// optionsWith returns the values as options. A current value that is not among them
// is added, so that saving the form does not change it.
func optionsWith(value string, values ...string) []piece.Option {
	if len(values) > 0 && !slices.Contains(values, value) {
		values = append(slices.Clone(values), value)
	}
	return piece.Options(values...)
}

// hookButtons returns the buttons of the form.
func (v *visit) hookButtons(isNew bool) []piece.Button {
	if !v.may(api.RoleAdmin) {
		return nil
	}
	buttons := []piece.Button{{Value: "save", Label: "Save", Look: piece.LookFirst}, {Value: "preview", Label: "Preview", Help: "Shows what would be sent. Nothing is saved."},
		{Value: "test", Label: "Send a test", Help: "Sends one delivery of what is in the form, and shows the answer. Nothing is saved."}}
	if !isNew {
		buttons = append(buttons, piece.Button{Value: "delete", Label: "Delete …", Look: piece.LookGrave})
	}
	return append(buttons, piece.Button{Value: "more", Label: "Room for another event"})
}

// fieldsOf returns the fields of a form that shows all of two drafts.
func fieldsOf(yours, theirs *hookDraft) []piece.Field {
	d := yours
	if theirs.events > yours.events {
		d = theirs
	}
	var fields []piece.Field
	for _, group := range d.groups(false) {
		for _, field := range group.Fields {
			if field.Label == "Event" || strings.HasPrefix(field.Name, "event-") {
				field.Label = strings.TrimPrefix(group.Legend+": "+field.Label, ": ")
			}
			fields = append(fields, field)
		}
	}
	return fields
}
