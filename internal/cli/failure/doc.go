// Package failure is the errors that the command line ends with: each has a
// kind, an exit code, and a text that says what to do.
//
// What lives here: [Error], of which a command or a backend makes one where it
// knows best what is wrong (failure.go), and [Explain], which makes one of any
// other error (explain.go).
//
// What it may not know: flags, printing, HTTP.
//
// Where to start: [New].
package failure
