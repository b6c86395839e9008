// Package recordsize counts how many bytes a record is as JSON.
//
// What lives here: [Of] and the sizes of a record's parts. To count is much cheaper than to
// encode, and a run's history measures each record whenever it changes. Replays depend on the
// exact numbers: they are those of encoding/json, which the tests compare.
//
// What it may not know: what the sizes are for.
//
// Where to start: [Of].
package recordsize
