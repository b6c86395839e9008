// Package deliveries tells what became of deliveries across runs, and sends
// them again. All of it lies in Temporal: a run's records are what its query
// history answers, and what was sent stands in its event history.
//
// What lives here: [Log], with one webhook's history (webhook.go, over scan.go,
// which asks the runs, and newest.go, which keeps what comes first) and the
// redelivery of one delivery (redeliver.go).
//
// What it cannot find: runs that Temporal has forgotten after the namespace's
// retention, with all of their deliveries. What was sent cannot be sent again
// then either.
//
// What it may not know: HTTP, workflow code, who asks.
//
// Where to start: [New].
package deliveries
