// Package proof signs what a server gives out and takes back unchanged, for a
// while: that a form was shown, that somebody logged in.
//
// What it may not know: what is signed, and for whom. Start reading at proof.go.
package proof
