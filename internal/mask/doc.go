// Package mask hides known secrets in texts, however they are escaped or
// encoded there (contract, "Secrets by name").
//
// What it may not know: whose secrets they are, and where a text comes from.
// Texts that look like credentials, for example in a URL, are hidden by
// urlmask, and texts that open a lock by veil, which uses this package. Start
// reading at [Masker].
package mask
