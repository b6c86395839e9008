// Package cluster runs Latch like a platform team: PostgreSQL, a Temporal server on it, several
// workers and several processes of the API, each of them a separate process that a test may
// kill.
//
// The Temporal server is the calling program itself, started again: its main, or a test's
// TestMain, calls [ServeTemporal] first.
//
// It knows how these are started and stopped, and nothing of what runs on them. Start reading
// at [Start].
package cluster
