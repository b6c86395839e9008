// Package backend gives commands access to Latch, over Temporal or over the HTTP API.
//
// [Backend] and the values that it takes and returns are in backend.go and jobs.go. [Temporal]
// implements it with internal/runs, internal/registry and internal/deliveries (temporal*.go,
// connection.go), and [API] with internal/apiclient (api*.go). What the API cannot do is an
// [UnsupportedError].
//
// The package may not know flags or printing. Its errors are those of internal/cli/failure if
// it knows best how to fix them.
//
// Start reading at [Backend].
package backend
