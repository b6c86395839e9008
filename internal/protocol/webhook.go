package protocol

import (
	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
)

// A WebhookRequest is one delivery of a webhook. It is the same for every
// attempt, and holds names of secrets, never their values.
type WebhookRequest struct {
	Webhook latch.Webhook `json:"webhook"`
	// Event is the webhook's settings for the event that fired.
	Event latch.Event `json:"event"`
	// DeliveryID is the webhook-id. It is URL-safe and contains no full stop, which separates
	// the signed parts.
	DeliveryID string `json:"delivery_id"`
	// Sequence and PreviousID are those of the delivery's record. They are zero for runs that
	// began before these fields existed.
	Sequence   int    `json:"sequence,omitempty"`
	PreviousID string `json:"previous_id,omitempty"`
	// Lock and LockURL are set for a blocking hook.
	Lock    string `json:"lock,omitempty"`
	LockURL string `json:"lock_url,omitempty"`
	// LockDigest is the lock's digest. Only a message with buttons needs it.
	LockDigest string `json:"lock_digest,omitempty"`
	// ParentLog is the run's start, in Unix milliseconds.
	ParentLog int64 `json:"parent_log"`
	// Occurrence describes the event for a CloudEvent. Only webhooks that send CloudEvents need
	// it.
	Occurrence Occurrence `json:"occurrence,omitzero"`
	// Variables are the variables of templates, without those that do not apply. Event,
	// webhook, lock and lock_url are added if they are absent.
	Variables expr.Variables `json:"variables,omitempty"`
	// Ready is a body that is sent as it is, in place of the webhook's. It is for requests that
	// never pass through a history.
	Ready []byte `json:"-"`
}

// An Occurrence describes an event for a CloudEvent.
type Occurrence struct {
	// At is when the event fired.
	At latch.Time `json:"at"`
	// WorkflowID is the run that fired the event, and Step the step that the event is about.
	WorkflowID string `json:"workflow_id"`
	Step       string `json:"step,omitempty"`
	// Subject is what the event happened to. It may be empty.
	Subject string `json:"subject,omitempty"`
}
