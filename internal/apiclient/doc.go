// Package apiclient calls the HTTP API of starter serve, for commands without access to
// Temporal.
//
// It has one method for each call that a command makes (calls.go, jobs.go). All use one
// exchange (client.go), which distinguishes an error answer, a [Problem], from a missing
// answer, an [Unreachable].
//
// It may not know Temporal, exit codes, or texts for people.
//
// Start reading at [New].
package apiclient
