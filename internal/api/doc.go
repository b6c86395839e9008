// Package api is Latch's HTTP API over a Temporal client (contract, "HTTP
// API"). It holds no state: any number of processes may serve it side by side.
//
// What lives here: the core, and Latch's own routes. [New] puts both together
// with the routes of other packages (see [Routes]): a lock's page, Mitto's job
// API. A request first passes guard.go, which decides who may call, and as whom
// (roles and keys are in key.go), then the handler of its route: release.go,
// event.go, lock.go, hooks_*.go for registered webhooks and their histories,
// deliveries*.go. problem.go turns errors into problem documents (RFC 9457),
// schema.go has OpenAPI describe the vocabulary's types, veil.go hides what
// opens a lock from callers who may not remove it.
//
// A route is one call of [Register], or of [API.Handle] for one that writes its
// answer itself. It declares a role, or the API does not start.
//
// What it may not know: workflow code, the environment, files. It speaks to
// runs by the names of the contract alone, as any other client does.
//
// Where to start: api.go.
package api
