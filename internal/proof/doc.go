// Package proof signs values that a server hands out and receives back unchanged within a time:
// that a form was shown, that somebody logged in.
//
// It may not know what is signed, and for whom. Start reading at proof.go.
package proof
