// Package runstest is a Temporal for tests of what stands on internal/runs: it
// has the runs that a test gives it, starts others, and needs no server.
//
// What it may not know: what a run does. A test says how a run answers and closed.
//
// Where to start: [Temporal], which is the client that a test hands over, and
// [Temporal.Add].
package runstest
