package admission

import (
	"encoding/json"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/fields"
)

// visitor is shown every expression and template of an input with its path:
// sources that are not empty, and of JSON the value that the templates stand in.
type visitor interface {
	template(path, source string, place expr.Place)
	tree(path string, value json.RawMessage)
	expression(path, source string, use expr.Use)
}

// walker walks through an input in its order. Which fields there are to visit
// their tags say.
type walker struct {
	visit visitor
	// within is the job that is walked through, which may be one of a sequence.
	within *latch.Job
	// events are those at which what is visited is used; nil is the work.
	events []string
}

// walk visits the input that is pointed to.
func (w *walker) walk(input any) {
	for _, field := range fields.Of(input) {
		w.within, w.events = fields.Within[latch.Job](field), eventsOf(field)
		switch {
		case field.Role.IsExpression():
			w.visit.expression(field.Path, field.Text(), expr.UseOf(field.Role))
		case field.Role.IsTemplate():
			w.template(field)
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

// eventsOf lists the events at which a field is used; nil is the work.
func eventsOf(field *fields.Field) []string {
	webhook := fields.Within[latch.Webhook](field)
	if event := fields.Within[latch.Event](field); event != nil {
		return []string{event.Event}
	}
	if registered := fields.Within[latch.RegisteredWebhook](field); registered != nil {
		webhook = &registered.Webhook
	}
	if webhook == nil {
		return nil
	}
	events := []string{}
	for _, event := range webhook.EventSettings() {
		if field.Role != fields.BodyTemplate || len(event.Body) == 0 { // one of the event's own takes its place
			events = append(events, event.Event)
		}
	}
	return events
}
