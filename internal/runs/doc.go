// Package runs calls Temporal about runs.
//
// What lives here: [Runs], of a namespace. [Runs.Start] starts a run, one at a
// time under a workflow id, and [Runs.StartOnce] one for an idempotency key.
// [Runs.Find] finds the run that an id means. [Runs.Describe], [Runs.Query] and
// [Runs.Update] ask one run. [Runs.Input] and [Runs.Definition] read what a run was
// started with, [Runs.Outcome], [Runs.Closing] and [Runs.ReleaseResult] what it came
// to, and [Runs.Await] waits for that. [Runs.Releases] and [Runs.Locks] list, each
// in parts of bounded size; [Runs.Each] and [Runs.Count] take any query. errors.go says what Temporal's errors mean.
//
// Where it comes from: the lists from Temporal's visibility store, which is
// written after the fact, so that a list is a moment behind. The locks that a run
// waits for stand in its memo; a running release is asked for its title and step,
// and of a closed one the last event is read. query.go has the words of visibility
// queries, cursor.go what a caller carries from one part to the next. All else is
// asked of the run itself, and what Temporal refuses under load is tried again.
//
// What it may not know: HTTP, workflow code, who asks.
//
// Where to start: [New].
package runs
