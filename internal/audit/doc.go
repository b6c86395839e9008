// Package audit appends to the audit of a task queue what people and programs did, and reads it
// (contract, "Audit").
//
// What lives here: [Log], which is the history of the workflow latch.Audit; [Recorder], by which
// a server appends: acts one by one, each before it is answered, and refusals once a minute, so
// that a flood of them costs nothing.
//
// What it may not know: which acts there are, and who calls. That is the API's, and the command
// line's.
//
// Where to start: [Log.Append] and [Log.Page].
package audit
