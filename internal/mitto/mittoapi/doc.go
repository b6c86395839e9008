// Package mittoapi serves Mitto's job API (contract, "HTTP API"), so that
// clients written for Mitto work unchanged.
//
// What lives here: routes.go lists the routes, with the paths under which each
// stands. job.go, bulk.go, search.go, webhook.go, action.go and about.go are
// their handlers; shape.go describes their JSON for OpenAPI. declared.go has
// the same jobs and tags in Latch's own form, as files declare them.
//
// What it may not know: how Mitto's JSON becomes one of Latch's jobs
// (internal/mitto), and how callers are identified (internal/api).
//
// Where to start: routes.go.
package mittoapi
