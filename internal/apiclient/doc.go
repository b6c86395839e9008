// Package apiclient calls the HTTP API that starter serve offers, for commands
// that have no way to Temporal.
//
// What lives here: one method for each call that a command makes (calls.go,
// jobs.go), over one exchange (client.go) that distinguishes an answer that
// refuses, a [Problem], from no answer, an [Unreachable].
//
// What it may not know: Temporal, exit codes, what a person reads.
//
// Where to start: [New].
package apiclient
