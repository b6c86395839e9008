// Package bench holds benchmarks that need a Temporal server. Each compares
// what Latch does with the plain way of doing it, in one run.
package bench
