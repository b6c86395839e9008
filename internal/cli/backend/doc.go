// Package backend is a command's way to the world: what it may ask of Latch,
// whether Temporal answers or the HTTP API does.
//
// What lives here: [Backend] with the values that it takes and returns
// (backend.go, jobs.go). [Temporal] implements it on internal/runs,
// internal/registry and internal/deliveries (temporal*.go, connection.go), [API]
// on internal/apiclient (api*.go). What the API cannot do is an
// [UnsupportedError] from either.
//
// What it may not know: flags, printing. Its errors are those of
// internal/cli/failure where it knows best what to do about them.
//
// Where to start: [Backend].
package backend
