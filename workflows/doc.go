// Package workflows contains Latch's workflows and the functions that a user's own workflow may
// call: [Fire] sends a custom event to webhooks, and [Gate] waits for their decision.
//
// A run reads from top to bottom: admit the input, fire events, wait for what they hold, do the
// work, close. The workflows are in job.go, release.go, emit.go and deliver.go. fire.go fires
// an event and waits for its decision, and hook.go decides a hook. delivery.go is the state of
// one delivery, record.go records its changes, send.go sends it, and drain.go hands over
// deliveries that outlive the run. session.go and message.go answer queries and messages.
// compensation.go undoes steps.
//
// The code is deterministic: it knows no HTTP, no environment and no clock except Temporal's.
// Randomness, expressions and settings come from local activities, whose answers are recorded.
// Start reading at [JobRun] or [Release].
package workflows
