// Package guess slows down callers who guess keys, for servers whose only protection is a key.
//
// A [Limiter] counts wrong keys by the address that they come from. After too many, that
// address must wait.
//
// It may not know HTTP, or what a key looks like. Start reading at [Limiter.Attempt].
package guess
