// Command performance measures Latch beside hand-written Temporal code, in the
// same run and taking turns, and prints each row of docs/performance.md with
// what was aimed for (make bench).
//
// Temporal's server, Latch's worker, its API and the worker of the hand-written
// code are processes of their own; this one calls, receives and measures. What is
// measured is in rows*.go, a row is described in row.go.
//
// Start reading at main.go, then measure.go. The hand-written code is the package
// byhand.
package main
