// Package process builds commands of a Go module and runs them as processes of
// their own, so that tests meet what an operator meets: an environment, exit
// codes, SIGTERM and kill -9.
//
// It knows Go's toolchain and the operating system, and nothing of Latch or
// Temporal. It works on Linux and macOS.
//
// Start reading at [Builder], then [Start] for what keeps running and [Run] for
// what ends by itself. output.go is what is kept of what a process prints.
package process
