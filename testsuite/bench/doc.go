// Package bench contains benchmarks that need a Temporal server. Each compares Latch with the
// plain way of doing the same, in one run.
package bench
