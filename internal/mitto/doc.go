// Package mitto translates between the JSON of Mitto's API and Latch's jobs, so
// that clients written for Mitto work unchanged (contract, "HTTP API").
//
// What lives here: a [Job] is a registered job as Mitto's clients see it. What
// came is kept word for word in its Extras; what Latch goes by is made of it
// once, by translation.go, conf.go, schedule.go and webhook.go. object.go returns
// the job: each key as it came, unless the job was changed by Latch's own
// means since; then as Latch has it now.
//
// What it may not know: HTTP, Temporal, where jobs are kept, the clock. All of
// it is a pure function of its arguments.
//
// Where to start: job.go.
package mitto
