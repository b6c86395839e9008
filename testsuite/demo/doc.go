// Command demo shows Latch at work: it brings up a Temporal server with its UI,
// a worker and HTTP receivers on loopback, and runs on them the cases of the
// documents that Latch's webhooks come from, Mitto's and MDOQ's. It prints an
// account of each as it happens, and exits 0 only if all came out exactly as the
// documents say.
//
// It stands on a user's side of Latch: what it starts and asks, it does through
// Temporal's client, Temporal's HTTP API and the starter.
//
// Start reading at main.go, then at any case, each of which is a file of its
// own; showcases in cases.go lists them. The file scene.go is what a case can
// do, account.go how it is told.
package main
