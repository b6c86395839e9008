package latch

import "github.com/latch-run/latch/internal/fields"

// hasDefaults lists the structures with fields that have a default. A [Retry], whose defaults
// depend on each other, has its own method.
type hasDefaults interface {
	Webhook | Event | Approval | Poll | Analysis | Gate | Health | OAuth2 | ActivityTask | WorkflowTask | NexusTask | HTTPTask | CommandTask
}

// WithDefaults returns the structure with each absent field set to its default, which is the
// field's tag `unset`. Nested structures stay unchanged.
//
// Inputs, registered webhooks and histories contain only what was given: older versions
// recorded them in this way, and a replayed run or a waiting attempt must behave the same in
// this version. So defaults are set in a copy when they are about to be used: by a hook when
// its event fires, by a task when it runs, by a request when it is written.
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

// webhookDefaults are the defaults of a webhook, for those who need one of them often.
var webhookDefaults = WithDefaults(Webhook{})
