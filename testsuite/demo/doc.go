// Command demo shows Latch at work. It starts a Temporal server with its UI, a
// worker and HTTP endpoints on loopback, and runs the cases from the documents
// in which Latch's webhooks originate, Mitto's and MDOQ's. It prints an account
// of each case, and exits with 0 only if all results are exactly as the
// documents say.
//
// It uses Latch as a user would: through Temporal's client, Temporal's HTTP API
// and the starter.
//
// Start reading at main.go, then at any case; each case has its own file, and
// cases.go lists them. scene.go contains what a case can do, account.go how it
// is reported.
package main
