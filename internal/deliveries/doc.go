// Package deliveries finds the outcome of deliveries across runs, and redelivers them. All of its
// data is in Temporal: a run returns its records from its history query; requests are in its event
// history or, if a volley sent them, in the run itself, which returns them from a query.
//
// What lives here: [Log] with its searches, [Log.Webhook] for one webhook's history and
// [Log.Search] for deliveries by a [Filter]. filter.go finds the runs that may have such records,
// scan.go asks them, newest.go keeps the newest records. [Failed] distinguishes a delivery that
// failed from an endpoint that answered "fail", and fate.go finds what has happened to a failed one
// since. [Log.Redeliver] redelivers one delivery, [Log.RedeliverFailed] all that failed.
//
// What it cannot find: runs that Temporal has deleted after the namespace's retention period, with
// all of their deliveries. These cannot be redelivered either.
//
// What it may not know: HTTP, workflow code, the caller.
//
// Where to start: [New].
package deliveries
