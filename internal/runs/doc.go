// Package runs asks Temporal about runs: which releases there are, where each of
// them stands or what it came to, and which locks wait.
//
// What lives here: a [Lister] with [Lister.Releases] and [Lister.Locks], each a
// list in parts of bounded size; [Lister.ReleaseResult], what a closed release came
// to; and [ClosingIn], how any run closed. The command line and the HTTP API show
// what these return, and so may any other view: all that is known of a row is
// decided here.
//
// Where it comes from: Temporal's visibility store, which is written after the
// fact, so that a list is a moment behind. The locks that a run waits for stand
// in its memo; a running release is asked for its title and step, and of a
// closed one the last event is read. query.go has the words of visibility
// queries, cursor.go what a caller carries from one part to the next.
//
// What it may not know: HTTP, workflow code, who asks.
//
// Where to start: [New].
package runs
