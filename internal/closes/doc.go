// Package closes finds closed runs, each once, in a list that is sorted newest first, delayed,
// and filled in no reliable order: Temporal's visibility. It knows no client and no clock:
// [Cursor], [Memory] and [Hints] are values that a workflow stores, and [Finder] takes one step
// with them. Start reading at [Finder.Step]. A [Hint] of another source has it ask for one run.
package closes
