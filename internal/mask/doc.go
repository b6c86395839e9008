// Package mask hides texts that are known to be secret wherever, and however
// escaped or encoded, they stand in others (contract, "Secrets by name").
//
// It may not know whose secrets they are, nor where a text comes from. What is a
// credential by its looks, as in a URL, is urlmask's; what opens a lock is
// veil's, which stands on this package. Start reading at [Masker].
package mask
