// Package completion makes the completion callbacks that runs carry, by which Temporal's server
// says that a run has closed, and reads what the server then sends.
//
// It may not know who wants to learn of a close, and it asks no server: what it reads says only
// that the bearer of a token that was made for a workflow names a run of it. Start reading at
// [Callbacks].
package completion
