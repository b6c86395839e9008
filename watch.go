package latch

import (
	"encoding/json"
	"strings"
)

// A Watch reports closed workflows to webhooks, as the server lists them, including those that
// time out or are terminated, when none of their code runs (contract, "Watch").
type Watch struct {
	// ID names the watch. Its workflow has the id latch-watch-<id>.
	ID string `json:"id" latch:"id"`
	// Query is one of Temporal's list filters, such as WorkflowType = 'Order'. The watch
	// reports the matching runs that closed after it was registered.
	Query string `json:"query" latch:"plain"`
	// Vars are values for templates and expressions.
	Vars     Object    `json:"vars,omitempty" latch:"plain"`
	Webhooks []Webhook `json:"webhooks"`
}

// A RegisteredWatch is an active watch.
type RegisteredWatch struct {
	Watch
	// TaskQueue is the queue on which the watch runs, and whose registered webhooks receive its
	// events: that of whoever registered it.
	TaskQueue string `json:"task_queue,omitempty" latch:"plain"`
	// ManagedBy names the owner who declares the watch in files (starter apply --owner). It is
	// empty for a watch that was registered by hand.
	ManagedBy string `json:"managed_by,omitempty" latch:"plain"`
	CreatedAt Time   `json:"created_at,omitzero"`
	UpdatedAt Time   `json:"updated_at,omitzero"`
}

// PrefixWatch begins the id of a watch's workflow. PrefixWatchNotice begins the id of a
// workflow that fires the events of a watch.
const (
	PrefixWatch       = "latch-watch-"
	PrefixWatchNotice = "latch-told-"
)

// maximumQuery bounds a watch's query, in bytes.
const maximumQuery = 8 << 10

// watchInput is the accepted input. It may contain the task queue, the times and the warnings,
// which are ignored.
type watchInput struct {
	Watch
	TaskQueue json.RawMessage `json:"task_queue,omitempty"`
	ManagedBy string          `json:"managed_by,omitempty"`
	CreatedAt json.RawMessage `json:"created_at,omitempty"`
	UpdatedAt json.RawMessage `json:"updated_at,omitempty"`
	Warnings  json.RawMessage `json:"warnings,omitempty"`
}

// DecodeWatch strictly decodes a watch. Its error is [Problems].
func DecodeWatch(data []byte) (*RegisteredWatch, error) {
	var input watchInput
	problems := decodeStrict(data, &input)
	watch := &RegisteredWatch{Watch: input.Watch, ManagedBy: input.ManagedBy}
	problems = problems.Merge(watch.Validate())
	validateOwner(&problems, watch.ManagedBy)
	return watch, problems.Err()
}

// Validate returns all problems of the watch's shape. Only a server can check its query.
func (w *Watch) Validate() Problems {
	var problems Problems
	requireRunID(&problems, "id", w.ID)
	switch {
	case strings.TrimSpace(w.Query) == "":
		problems.Addf("query", "required: a list filter of Temporal's, such as WorkflowType = 'Order'; ExecutionStatus != 'Running' finds every workflow that closes")
	case len(w.Query) > maximumQuery:
		problems.Addf("query", "has %d bytes; the limit is %d", len(w.Query), maximumQuery)
	}
	boundObject(&problems, "vars", w.Vars)
	if len(w.Webhooks) == 0 {
		problems.Addf("webhooks", "required: at least one webhook that listens to %s", enumerate(EventsOf(WatchKind)))
	}
	validateWebhooks(&problems, "webhooks", w.Webhooks, inEmission)
	for i := range w.Webhooks {
		checkWatchEvents(&problems, element("webhooks", i), &w.Webhooks[i])
	}
	return problems
}

// checkWatchEvents refuses a webhook that would never receive anything from the watch, and
// events that other runs fire: the webhook would only seem to listen.
func checkWatchEvents(problems *Problems, path string, webhook *Webhook) {
	for i, settings := range webhook.EventSettings() {
		at := field(path, "event")
		if webhook.Event == "" {
			at = field(element(field(path, "events"), i), "event")
		}
		if checkEventName(settings.Event) == "" && !WatchKind.fires(settings.Event) {
			problems.Addf(at, "a watch never fires %s; it fires %s", settings.Event, enumerate(EventsOf(WatchKind)))
		}
	}
}

// ListensTo reports whether a webhook of the watch's own listens to the event.
func (w *Watch) ListensTo(event string) bool {
	for i := range w.Webhooks {
		if _, listens := w.Webhooks[i].On(event); listens {
			return true
		}
	}
	return false
}
