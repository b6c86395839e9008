// Package closes finds the runs that have closed, each once, in a list that is
// newest first, a moment late, and in no reliable order as it fills: that of
// Temporal's visibility. It knows no client and no clock: [Cursor] and [Memory]
// are values that a workflow keeps, and [Finder] takes one step with them.
// Start reading at [Finder.Step].
package closes
