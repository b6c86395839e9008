package latch

import "encoding/json"

// A RegisteredWebhook stands by itself, beside those that runs bring: it
// applies to every job, release and custom event that it listens to, or to
// those that match When, each of its events with settings of its own. A run
// takes the registered webhooks that apply to it as it begins. A webhook of the
// run's own with the same id stands in the place of one that is not Enforced.
type RegisteredWebhook struct {
	Webhook
	// When is an expression over job, release, instance, data, vars, system and
	// event as the run begins; false leaves the webhook out of the run.
	When string `json:"when,omitempty" latch:"expression,when"`
	// Enforced keeps the authors of runs from replacing the webhook: a run with a
	// webhook of its own under this id is refused as InvalidSpec, even where the
	// registered one would not apply to it or is disabled. Through the API only
	// the role admin skips its hooks, and on_error is stop unless given.
	Enforced bool `json:"enforced,omitempty"`
	// Health has Latch count the attempts that fail; nil counts none.
	Health *Health `json:"health,omitempty"`
	// Endpoint is what was counted, which Latch alone writes; nil for an endpoint
	// that works, and for a webhook without Health.
	Endpoint *EndpointState `json:"endpoint,omitempty"`
	// ManagedBy names who declares the webhook in files (starter apply --owner);
	// empty for one that was registered by hand.
	ManagedBy string `json:"managed_by,omitempty" latch:"plain"`
	CreatedAt Time   `json:"created_at,omitzero"`
	UpdatedAt Time   `json:"updated_at,omitzero"`
}

// registeredInput is what is taken: the endpoint's state, the times and the warnings
// are ours, and may be given back.
type registeredInput struct {
	Webhook
	When      string          `json:"when,omitempty"`
	Enforced  bool            `json:"enforced,omitempty"`
	Health    *Health         `json:"health,omitempty"`
	Endpoint  json.RawMessage `json:"endpoint,omitempty"`
	ManagedBy string          `json:"managed_by,omitempty"`
	CreatedAt json.RawMessage `json:"created_at,omitempty"`
	UpdatedAt json.RawMessage `json:"updated_at,omitempty"`
	Warnings  json.RawMessage `json:"warnings,omitempty"`
}

// DecodeRegisteredWebhook reads a webhook that is to stand by itself,
// strictly. Its error is [Problems].
func DecodeRegisteredWebhook(data []byte) (*RegisteredWebhook, error) {
	var input registeredInput
	problems := decodeStrict(data, &input)
	webhook := &RegisteredWebhook{Webhook: input.Webhook, When: input.When, Enforced: input.Enforced, Health: input.Health, ManagedBy: input.ManagedBy}
	return webhook, problems.Merge(webhook.Validate()).Err()
}

// Validate returns all that is wrong with the webhook's shape.
func (w *RegisteredWebhook) Validate() Problems {
	var problems Problems
	validateWebhookID(&problems, "id", w.ID)
	w.Webhook.validate(&problems, "", inRegistry)
	w.Health.validate(&problems, "health")
	if w.Health != nil && w.Analysis != nil {
		problems.Addf("health", "counts attempts at an endpoint, and this webhook's hooks measure (analysis): leave it out")
	}
	if w.Health != nil && w.Work() != "" {
		problems.Addf("health", "counts attempts at an endpoint, and this webhook's hooks are work (%s): leave it out", w.Work())
	}
	return problems
}

// For returns the webhook as a run of the kind takes it, with the events that
// such a run fires; false where it listens to none of them. Where fired is
// given, of the custom events only that one counts.
func (w *RegisteredWebhook) For(kind Kind, fired string) (Webhook, bool) {
	webhook := w.Webhook
	webhook.Event, webhook.Events = "", nil
	for _, settings := range w.EventSettings() {
		other := fired != "" && settings.Event != fired && (kind == EndpointKind || !IsOperatorEvent(settings.Event))
		if !kind.fires(settings.Event) || other || !settings.IsEnabled() {
			continue
		}
		if kind == EmissionKind { // nothing is decided there
			settings.StopRelease, settings.RollbackRelease = "", ""
		}
		if w.Enforced && settings.OnError == "" { // or an author's missing variable would open the gate
			settings.OnError = Stop
		}
		webhook.Events = append(webhook.Events, settings)
	}
	return webhook, w.IsEnabled() && len(webhook.Events) > 0
}
