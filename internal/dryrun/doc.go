// Package dryrun runs a job or a release without a server and without the world:
// Latch's own workflows and activities run in the SDK's test environment, where
// time is skipped, and what receivers, people and other people's code would do is
// taken from a file of answers. It is how `starter release plan` shows what a file
// does before anybody starts it.
//
// What lives here: [Answers] is that file, [Run] runs an input with it, and a
// [Report] says what happened, in order. What it may not know: Temporal's server,
// the network, the environment.
//
// Start reading at [Run].
package dryrun
