// Package deliveries finds the outcome of deliveries across runs, and sends them
// again. All of it lies in Temporal: a run's records are what its query
// history answers, and what was sent stands in its event history or, if a volley
// sent it, is known to the run itself, which answers a query for it.
//
// What lives here: [Log] with its searches, [Log.Webhook] for one webhook's
// history and [Log.Search] for deliveries by a [Filter]; filter.go says which
// runs may have such records, scan.go asks them, newest.go keeps what comes
// first. [Failed] distinguishes a delivery that failed from an endpoint that
// answered "fail", and fate.go finds what happened to a failed one since. [Log.Redeliver] sends
// one delivery again, [Log.RedeliverFailed] all that failed.
//
// What it cannot find: runs that Temporal has forgotten after the namespace's
// retention, with all of their deliveries. What was sent cannot be sent again
// then either.
//
// What it may not know: HTTP, workflow code, who asks.
//
// Where to start: [New].
package deliveries
