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
	// DeliveryID is the webhook-id: URL-safe and without a full stop, which
	// separates the parts of what is signed.
	DeliveryID string `json:"delivery_id"`
	// Sequence and PreviousID are those of the delivery's record; zero for a
	// delivery of a run that began before there were any.
	Sequence   int    `json:"sequence,omitempty"`
	PreviousID string `json:"previous_id,omitempty"`
	// Lock and LockURL are those of a blocking hook, else empty.
	Lock    string `json:"lock,omitempty"`
	LockURL string `json:"lock_url,omitempty"`
	// ParentLog is the run's start, in Unix milliseconds.
	ParentLog int64 `json:"parent_log"`
	// Occurrence is what a CloudEvent says about the event. Only webhooks that
	// send CloudEvents need it.
	Occurrence Occurrence `json:"occurrence,omitzero"`
	// Variables are what templates see; what does not apply is absent. Event,
	// webhook, lock and lock_url are filled in where they are absent.
	Variables expr.Variables `json:"variables,omitempty"`
}

// An Occurrence is what a CloudEvent says about the event that fired.
type Occurrence struct {
	// At is when the event fired.
	At latch.Time `json:"at"`
	// WorkflowID is the run that fired it, and Step the step that it is about.
	WorkflowID string `json:"workflow_id"`
	Step       string `json:"step,omitempty"`
	// Subject is what it happened to; empty for nothing of its own.
	Subject string `json:"subject,omitempty"`
}
