// Package api is Latch's HTTP API and the page of a lock, over a Temporal
// client (contract, "HTTP API"). It holds no state: any number of processes
// may serve it side by side.
//
// What lives here: [New] puts the routes together. A request first passes
// guard.go (who may call at all, and as whom; roles and keys stand in key.go),
// then the handler of its route: release.go, event.go, lock.go, hooks_*.go for
// webhooks that stand by themselves and their histories, deliveries*.go over
// internal/deliveries,
// page*.go for the page, and mitto_*.go for clients written for Mitto, whose
// JSON is internal/mitto's matter. temporal.go is all that speaks to Temporal, problem.go turns
// its errors into problem documents (RFC 9457), schema.go tells OpenAPI what
// the vocabulary's types look like in JSON.
//
// What it may not know: workflow code, the environment, files. It speaks to
// runs by the names of the contract alone, as any other client does.
//
// Where to start: api.go.
package api
