// Package api implements Latch's HTTP API over a Temporal client (contract,
// "HTTP API"). It is stateless: any number of processes may serve it
// concurrently.
//
// What lives here: the core, and Latch's own routes. [New] combines them with
// the routes of other packages (see [Routes]): a lock's page, Mitto's job API.
// A request first passes guard.go, which decides who may call and identifies
// the caller (roles and keys are in key.go), and then reaches the handler of
// its route: release.go, event.go, lock.go, hooks_*.go for registered webhooks
// and their histories, deliveries*.go. problem.go converts errors to problem
// documents (RFC 9457), schema.go describes the vocabulary's types in OpenAPI,
// veil.go hides what opens a lock from callers who may not remove it.
//
// A route is added by one call of [Register], or of [API.Handle] if it writes
// its response itself. It must declare a role, otherwise the API does not
// start.
//
// What it may not know: workflow code, the environment, files. It refers to
// runs only by the names in the contract, like any other client.
//
// Where to start: api.go.
package api
