// Package evidence writes and verifies signed statements about runs: what was asked for, who was
// asked and answered, which rules decided, who let it pass, and what was undone.
//
// A statement is an in-toto Statement (version 1) in a DSSE envelope, signed with an ed25519 key.
// Verifying one needs nothing but the file and the public key.
//
// It may not know HTTP or the command line. Start reading at [Statement] and [Key.Seal].
package evidence
