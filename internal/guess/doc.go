// Package guess slows down callers who try out keys, for servers that let in
// whoever bears one.
//
// What lives here: a [Limiter], which counts wrong keys by the address that they
// come from and, once there were too many, has that address wait.
//
// What it may not know: HTTP, what a key looks like. Start reading at
// [Limiter.Attempt].
package guess
