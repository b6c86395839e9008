// Package dryrun runs a job or a release without a server and without external systems: Latch's
// own workflows and activities run in the SDK's test environment, where time is skipped, and a
// file of answers replaces receivers, people and user code. `starter release plan` uses it to
// show what a file does before it is started.
//
// [Answers] is that file, [Run] runs an input with it, and a [Report] says what happened, in
// order. The package may not know Temporal's server, the network, or the environment.
//
// Start reading at [Run].
package dryrun
