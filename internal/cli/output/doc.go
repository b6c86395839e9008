// Package output prints for the command line: texts and tables for people, one JSON value for
// programs.
//
// [Printer] holds the destination and the format. [Table] and [Cell] are in table.go, a line of
// progress in progress.go, and the functions that make texts safe for terminals and shells in
// text.go.
//
// The package may not know what is printed.
//
// Start reading at [Printer].
package output
