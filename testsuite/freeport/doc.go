// Package freeport gives out ports for processes that have to be told where to listen,
// before they are started.
//
// To listen on port 0, close the listener and pass its number on is a race: until
// the process listens, the system may give the same number to a connection, or to
// a listener of another test, and then a test waits for the answers of a process
// that is not its own. The ports of this package lie below those that the system
// gives out, and each is given out once.
package freeport
