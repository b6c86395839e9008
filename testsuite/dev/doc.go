// Command dev starts everything needed to try Latch by hand, and runs it until Ctrl-C: a
// Temporal server with its UI and HTTP API, with its data in a file or in memory; a worker; and
// a receiver that prints every request. Everything listens on loopback, on fixed ports.
//
// Latch's settings (LATCH_…) in its environment apply to the worker.
//
// Start reading at main.go. The file echo.go is the receiver, help.go prints the instructions,
// store.go opens the data, and port.go and lock.go keep two instances apart.
package main
