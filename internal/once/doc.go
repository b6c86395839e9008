// Package once starts runs under idempotency keys: a key starts one run, for as
// long as Temporal keeps closed workflows.
//
// Temporal itself compares a request's id with the newest run's alone, so that a
// key would start another run once a second key has started one. But it keeps
// the ids of workflows, and is never in doubt about them. So a key is the id of a
// workflow of its own, latch.StartOnce, which starts the run as a child. That
// happens once, whatever fails on the way, and needs neither a list of runs,
// which may be a moment behind, nor a clock. It does need a worker: without one
// the call is not answered in time, and the same call made again is answered once
// there is one.
//
// What it may not know: HTTP, and what is started.
//
// Where to start: [Starter.Start].
package once
