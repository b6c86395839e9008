// Package process builds commands of a Go module and runs them as separate processes, so that
// tests use them like an operator: with an environment, exit codes, SIGTERM and kill -9.
//
// It knows Go's toolchain and the operating system, and nothing of Latch or Temporal. It works
// on Linux and macOS.
//
// Start reading at [Builder], then [Start] for long-running processes and [Run] for others.
// output.go keeps the output of a process.
package process
