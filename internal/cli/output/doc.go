// Package output is how the command line prints: texts and tables for people,
// one JSON value for programs.
//
// What lives here: [Printer], which knows where to and in which form; [Table] and
// [Cell] (table.go); a line of progress (progress.go); and texts that steer no
// terminal and no shell (text.go).
//
// What it may not know: what is printed.
//
// Where to start: [Printer].
package output
