// Package runs makes all calls to Temporal about runs.
//
// What lives here: [Runs], the runs of a namespace. [Runs.Start] starts a run, one at a time for a
// workflow id, and [Runs.StartOnce] one for an idempotency key. [Runs.Find] finds the run that an
// id refers to. [Runs.Describe], [Runs.Query] and [Runs.Update] ask one run. [Runs.Input] and
// [Runs.Definition] return its input, [Runs.Outcome], [Runs.Closing] and [Runs.ReleaseResult] its
// result, and [Runs.Await] waits for that. [Runs.Releases] and [Runs.Locks] list, in pages of
// bounded size; [Runs.Each] and [Runs.Count] take any query. errors.go classifies Temporal's
// errors.
//
// Where the data comes from: lists come from Temporal's visibility store, which lags a moment
// behind. The locks that a run waits for are in its memo. A running release is asked for its title
// and step; of a closed one, the last event is read. query.go builds visibility queries; cursor.go
// is what a caller passes from one page to the next. All other data comes from the run itself.
// Calls that Temporal rejects under load are retried.
//
// What it may not know: HTTP, workflow code, the caller.
//
// Where to start: [New].
package runs
