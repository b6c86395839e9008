// Package cli is Latch's command line. It starts jobs, releases and emissions, watches them,
// decides about them, and checks their files without a server.
//
// Each command or group of commands has a file (release.go, status.go, watch.go, lock.go,
// deliveries.go, job*.go, webhook*.go, rules.go, validate.go, doctor*.go, serve.go, codec.go
// and the like). A command that asks a server is made by [remote], which alone opens a backend;
// internal/cli/backend decides between Temporal and the HTTP API. program.go runs the command
// line, env.go holds the environment of all commands, and load.go reads files.
// internal/cli/output prints, internal/cli/failure has errors with exit codes, internal/trial
// makes up the run for a webhook that is tried, and internal/cli/capture reads captured
// requests.
//
// The package may not know workflow code, a Temporal client, or the API's client. Only webhook
// test, which stands in for a worker, knows delivery and secrets.
//
// Start reading at program.go.
package cli
