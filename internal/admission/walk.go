package admission

import (
	"encoding/json"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/fields"
)

// visitor is called with every expression, template and form of an input and its
// path. Sources are not empty; for JSON with templates, the source is the whole
// value.
type visitor interface {
	template(path, source string, place expr.Place)
	tree(path string, value json.RawMessage)
	expression(path, source string, use expr.Use)
	form(path string, schema json.RawMessage)
}

// walker walks through an input in order. The fields to visit follow from their
// tags.
type walker struct {
	visit visitor
	// within is the job being walked through, which may be part of a sequence.
	within *latch.Job
	// events are the events at which the field is used; nil means the work.
	events []string
}

// walk visits the input, a pointer.
func (w *walker) walk(input any) {
	for _, field := range fields.Of(input) {
		w.within, w.events = fields.Within[latch.Job](field), eventsOf(field)
		switch {
		case field.Role.IsExpression():
			w.visit.expression(field.Path, field.Text(), expr.UseOf(field.Role))
		case field.Role.IsTemplate():
			w.template(field)
		case field.Role == fields.Form:
			w.visit.form(field.Path, json.RawMessage(field.Text()))
		}
	}
}

func (w *walker) template(field *fields.Field) {
	source, is := field.Template()
	switch {
	case !is:
		w.visit.tree(field.Path, json.RawMessage(field.Text()))
	case source != "":
		w.visit.template(field.Path, source, expr.PlaceOf(field.Role, field.MediaType))
	}
}

// eventsOf returns the events at which a field is used; nil means the work.
func eventsOf(field *fields.Field) []string {
	webhook := fields.Within[latch.Webhook](field)
	if event := fields.Within[latch.Event](field); event != nil {
		return []string{event.Event}
	}
	if registered := fields.Within[latch.RegisteredWebhook](field); registered != nil {
		webhook = &registered.Webhook
	}
	if fields.Within[latch.Freeze](field) != nil {
		return []string{latch.EventBeforeRelease} // its expression is evaluated when a release begins
	}
	if webhook == nil {
		return nil
	}
	events := []string{}
	for _, event := range webhook.EventSettings() {
		if field.Role != fields.BodyTemplate || len(event.Body) == 0 { // an event's own body replaces the webhook's
			events = append(events, event.Event)
		}
	}
	return events
}
