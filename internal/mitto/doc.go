// Package mitto translates between the JSON of Mitto's API and Latch's jobs, so
// that clients written for Mitto work unchanged (contract, "HTTP API").
//
// What lives here: a [Job] is a registered job as Mitto's clients see it. Its
// Extras hold every key exactly as the client sent it; translation.go, conf.go,
// schedule.go and webhook.go build Latch's job from them once. object.go writes
// the job back: each key as the client sent it, unless Latch's own API changed
// the job since; then as Latch now has it.
//
// What it may not know: HTTP, Temporal, where jobs are stored, the clock. Every
// function depends on its arguments alone.
//
// Where to start: job.go.
package mitto
