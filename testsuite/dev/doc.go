// Command dev brings up what one needs to try Latch by hand, and keeps it until
// Ctrl-C: a Temporal server with its UI and HTTP API, its data in a file or in memory; a
// worker; and a receiver that prints every request it gets. Everything listens
// on loopback, on fixed ports.
//
// Settings of Latch (LATCH_…) in its environment are the worker's.
//
// Start reading at main.go. The file echo.go is the receiver, help.go what is
// printed for the person who tries things, store.go where the data are, port.go
// and lock.go what keeps two of them apart.
package main
