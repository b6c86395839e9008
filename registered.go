package latch

import (
	"encoding/json"
	"fmt"
)

// A RegisteredWebhook is registered independently of runs. It applies to every job, release and
// custom event that it listens to, or to those that match When, with its own settings for each
// event. A run determines the registered webhooks that apply to it when it begins. If the run
// has a webhook with the same id, that one replaces a registered webhook that is not Enforced.
type RegisteredWebhook struct {
	Webhook
	// When is an expression over job, release, instance, data, vars, system and event when the
	// run begins. If it is false, the run does not get the webhook.
	When string `json:"when,omitempty" latch:"expression,when"`
	// Enforced prevents the authors of runs from replacing the webhook: a run with its own
	// webhook under this id is refused as InvalidSpec, even if the registered one would not
	// apply to it or is disabled. Through the API only the role admin may skip its hooks, and
	// on_error defaults to stop.
	Enforced bool `json:"enforced,omitempty"`
	// SkipGroups are the groups whose members alone may skip hooks of an enforced webhook, whatever
	// their role, with a name that the API proves.
	SkipGroups []string `json:"skip_groups,omitempty" latch:"plain"`
	// Health makes Latch count failed attempts. If nil, they are not counted.
	Health *Health `json:"health,omitempty"`
	// Endpoint is the counted state, which only Latch writes. It is nil for an endpoint that
	// works, and for a webhook without Health.
	Endpoint *EndpointState `json:"endpoint,omitempty"`
	// ManagedBy names the owner who declares the webhook in files (starter apply --owner). It
	// is empty for a webhook that was registered by hand.
	ManagedBy string `json:"managed_by,omitempty" latch:"plain"`
	CreatedAt Time   `json:"created_at,omitzero"`
	UpdatedAt Time   `json:"updated_at,omitzero"`
}

// registeredInput is the accepted input. It may contain the endpoint's state, the times and the
// warnings, which are ignored.
type registeredInput struct {
	Webhook
	When       string          `json:"when,omitempty"`
	Enforced   bool            `json:"enforced,omitempty"`
	SkipGroups []string        `json:"skip_groups,omitempty"`
	Health     *Health         `json:"health,omitempty"`
	Endpoint   json.RawMessage `json:"endpoint,omitempty"`
	ManagedBy  string          `json:"managed_by,omitempty"`
	CreatedAt  json.RawMessage `json:"created_at,omitempty"`
	UpdatedAt  json.RawMessage `json:"updated_at,omitempty"`
	Warnings   json.RawMessage `json:"warnings,omitempty"`
}

// DecodeRegisteredWebhook strictly decodes a webhook to register. Its error is [Problems].
func DecodeRegisteredWebhook(data []byte) (*RegisteredWebhook, error) {
	var input registeredInput
	problems := decodeStrict(data, &input)
	webhook := &RegisteredWebhook{Webhook: input.Webhook, When: input.When, Enforced: input.Enforced, SkipGroups: input.SkipGroups,
		Health: input.Health, ManagedBy: input.ManagedBy}
	return webhook, problems.Merge(webhook.Validate()).Err()
}

// Validate returns all problems of the webhook's shape.
func (w *RegisteredWebhook) Validate() Problems {
	var problems Problems
	validateWebhookID(&problems, "id", w.ID)
	w.Webhook.validate(&problems, "", inRegistry)
	w.validateSkipGroups(&problems)
	validateOwner(&problems, w.ManagedBy)
	w.Health.validate(&problems, "health")
	if w.Health != nil && w.Analysis != nil {
		problems.Addf("health", "counts attempts at an endpoint, and this webhook's hooks measure (analysis): leave it out")
	}
	if w.Health != nil && w.Work() != "" {
		problems.Addf("health", "counts attempts at an endpoint, and this webhook's hooks are work (%s): leave it out", w.Work())
	}
	return problems
}

// maximumOwner bounds the name of an owner, in bytes.
const maximumOwner = 100

// CheckOwner returns an error if the name of an owner is too long: of whoever declares something in
// files, as managed_by and starter apply --owner have it. It may have 100 bytes.
func CheckOwner(name string) error {
	if len(name) > maximumOwner {
		return fmt.Errorf("has %d bytes; the limit is %d", len(name), maximumOwner)
	}
	return nil
}

func validateOwner(problems *Problems, name string) {
	if err := CheckOwner(name); err != nil {
		problems.Addf("managed_by", "%v", err)
	}
}

func (w *RegisteredWebhook) validateSkipGroups(problems *Problems) {
	switch {
	case w.SkipGroups == nil:
		return
	case !w.Enforced:
		problems.Addf("skip_groups", "needs enforced true: a hook of any other webhook may be skipped by whoever may start releases")
	case len(w.SkipGroups) == 0:
		problems.Addf("skip_groups", "is empty, so that nobody could skip a hook: name at least one group, or leave it out for the role admin")
	}
	validateNames(problems, "skip_groups", w.SkipGroups, maximumApprovers)
}

// For returns the webhook as a run of the kind uses it, with the events that such a run fires.
// It returns false if the webhook listens to none of them. If fired is set, it is the only
// custom event that counts.
func (w *RegisteredWebhook) For(kind Kind, fired string) (Webhook, bool) {
	webhook := w.Webhook
	webhook.Event, webhook.Events = "", nil
	for _, settings := range w.EventSettings() {
		beside := kind != EndpointKind && (IsOperatorEvent(settings.Event) || IsLockEvent(settings.Event))
		other := fired != "" && settings.Event != fired && !beside
		if !kind.fires(settings.Event) || other || !settings.IsEnabled() {
			continue
		}
		if kind == EmissionKind { // nothing is decided there
			settings.StopRelease, settings.RollbackRelease = "", ""
		}
		if w.Enforced && settings.OnError == "" { // or a missing variable in the author's run would open the gate
			settings.OnError = Stop
		}
		webhook.Events = append(webhook.Events, settings)
	}
	return webhook, w.IsEnabled() && len(webhook.Events) > 0
}
