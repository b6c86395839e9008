// Package failure defines the errors that the command line ends with. Each has a kind, an exit
// code, and a text that says what to do.
//
// A command or a backend creates an [Error] if it knows best what is wrong (failure.go).
// [Explain] creates one from any other error (explain.go).
//
// The package may not know flags, printing, or HTTP.
//
// Start reading at [New].
package failure
