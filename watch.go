package latch

import (
	"encoding/json"
	"strings"
)

// A Watch has webhooks told of the workflows that close, as the server lists
// them: also of those that time out or are terminated, when no code of theirs
// runs (contract, "Watch").
type Watch struct {
	// ID names the watch; its workflow has the id latch-watch-<id>.
	ID string `json:"id" latch:"id"`
	// Query is a list filter of Temporal's, such as WorkflowType = 'Order'. Of what
	// it finds, the runs count that have closed since the watch was registered.
	Query string `json:"query" latch:"plain"`
	// Vars are values for templates and expressions.
	Vars     Object    `json:"vars,omitempty" latch:"plain"`
	Webhooks []Webhook `json:"webhooks"`
}

// A RegisteredWatch is a watch that is at work.
type RegisteredWatch struct {
	Watch
	// TaskQueue is where the watch runs and whose registered webhooks hear of what
	// it finds: that of whoever registered it.
	TaskQueue string `json:"task_queue,omitempty" latch:"plain"`
	// ManagedBy names who declares the watch in files (starter apply --owner);
	// empty for one that was registered by hand.
	ManagedBy string `json:"managed_by,omitempty" latch:"plain"`
	CreatedAt Time   `json:"created_at,omitzero"`
	UpdatedAt Time   `json:"updated_at,omitzero"`
}

// PrefixWatch begins the id of the workflow of a watch, and PrefixWatchNotice that
// of one that fires the events of what a watch has found.
const (
	PrefixWatch       = "latch-watch-"
	PrefixWatchNotice = "latch-told-"
)

// maximumQuery bounds a watch's query, in bytes.
const maximumQuery = 8 << 10

// watchInput is what is taken: task queue, times and warnings are ours, and may be
// given back.
type watchInput struct {
	Watch
	TaskQueue json.RawMessage `json:"task_queue,omitempty"`
	ManagedBy string          `json:"managed_by,omitempty"`
	CreatedAt json.RawMessage `json:"created_at,omitempty"`
	UpdatedAt json.RawMessage `json:"updated_at,omitempty"`
	Warnings  json.RawMessage `json:"warnings,omitempty"`
}

// DecodeWatch reads a watch strictly. Its error is [Problems].
func DecodeWatch(data []byte) (*RegisteredWatch, error) {
	var input watchInput
	problems := decodeStrict(data, &input)
	watch := &RegisteredWatch{Watch: input.Watch, ManagedBy: input.ManagedBy}
	return watch, problems.Merge(watch.Validate()).Err()
}

// Validate returns all that is wrong with the watch's shape. Only a server knows
// whether its query is one.
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

// checkWatchEvents refuses a webhook that no watch ever tells of anything, and
// events that other runs fire: such a webhook would seem to listen.
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
