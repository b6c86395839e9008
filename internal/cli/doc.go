// Package cli is Latch's command line: it starts jobs, releases and emissions,
// watches them, decides about them, and checks their files without a server.
//
// What lives here: one file for each command or group of them (release.go,
// status.go, watch.go, lock.go, deliveries.go, job*.go, webhook*.go, rules.go,
// validate.go, doctor*.go, serve.go, codec.go and the like). A command that asks a
// server is made by [remote], which is the only way to a backend; whether Temporal or
// the HTTP API answers, internal/cli/backend knows. program.go is one run of the
// command line, env.go what surrounds all commands; load.go reads files.
// internal/cli/output prints, internal/cli/failure has errors with exit codes,
// internal/trial makes up the run of a webhook that is tried, and
// internal/cli/capture reads captured requests.
//
// What it may not know: workflow code, a Temporal client, the API's client. Delivery
// and secrets are known to webhook test alone, which stands in for a worker.
//
// Where to start: program.go.
package cli
