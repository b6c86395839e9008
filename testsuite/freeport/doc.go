// Package freeport allocates ports for processes that must know their port before they start.
//
// Listening on port 0, closing the listener and passing on its number is a race: until the
// process listens, the system may give the same number to a connection, or to a listener of
// another test, which then waits for answers of the wrong process. The ports of this package
// are below the system's range, and each is allocated once.
package freeport
