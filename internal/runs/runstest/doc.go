// Package runstest provides a fake Temporal for tests of packages that use
// internal/runs. It has the runs that a test adds, can start others, and needs
// no server.
//
// What it may not know: what a run does. The test says how a run answers and
// how it closed.
//
// Where to start: [Temporal], the client to pass to the code under test, and
// [Temporal.Add].
package runstest
