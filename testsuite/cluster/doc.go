// Package cluster runs Latch as a platform team does: PostgreSQL, a Temporal
// server on it, several workers and several processes of the API, each of them a
// process of its own that a test may kill.
//
// The Temporal server is the calling program itself, started again: its main, or
// a test's TestMain, calls [ServeTemporal] first.
//
// It knows how these are started and ended, and nothing of what runs on them.
// Start reading at [Start].
package cluster
