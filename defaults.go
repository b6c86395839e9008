package latch

import "github.com/latch-run/latch/internal/fields"

// hasDefaults are the structures of which fields may be left out that then mean
// something. A [Retry], whose defaults depend on each other, has a method.
type hasDefaults interface {
	Webhook | Event | Poll | Analysis | Gate | Health | OAuth2 | ActivityTask | WorkflowTask | NexusTask | HTTPTask | CommandTask
}

// WithDefaults returns the structure with each field that was left out set to
// its default, which the tag `unset` says beside the field. The structures
// within it stay as they are.
//
// Inputs, registered webhooks and what histories record keep what was given
// alone: older versions recorded them so, and a run that is replayed, or an
// attempt that waits, must do the same with this one. So defaults are filled in
// where something begins to act by a value, in a copy of its own: a hook when
// its event fires, a task when it is done, a request when it is written.
func WithDefaults[T hasDefaults](given T) T {
	fields.SetDefaults(&given)
	if event, is := any(&given).(*Event); is && event.OnError == "" {
		event.OnError = Continue
		if event.Blocking || event.HasExpressions() {
			event.OnError = Stop
		}
	}
	return given
}
