// Command performance measures Latch against hand-written Temporal code, in the
// same run and in turns, and prints each row of docs/performance.md with its
// goal (make bench).
//
// Temporal's server, Latch's worker and API, and the worker of the hand-written
// code are separate processes. This process calls, receives and measures.
// rows*.go says what is measured, and row.go what a row is.
//
// Start reading at main.go, then measure.go. The hand-written code is the package
// byhand.
package main
