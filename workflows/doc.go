// Package workflows holds Latch's workflows and what a workflow of a user's
// own may call: [Fire] sends a custom event to webhooks, [Gate] waits for their
// decision.
//
// A run reads from top to bottom: admit the input, fire events, wait for what
// they hold, do the work, close. What lives where: job.go, release.go, emit.go
// and deliver.go are the workflows; fire.go fires an event and waits for its
// decision, hook.go says what a hook decides; delivery.go is what one webhook
// was told and answered, record.go writes that down, send.go sends and drain.go
// hands over what outlives the run; session.go and message.go are what a run
// answers to; compensation.go undoes steps.
//
// Code in here is deterministic: it knows no HTTP, no environment and no clock
// but Temporal's. Chance, expressions and surroundings come from local
// activities, whose answers are recorded. Start reading at [JobRun] or
// [Release].
package workflows
