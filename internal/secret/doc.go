// Package secret resolves the names of secrets to their values.
//
// Specs contain only names; a worker holds the values (contract, "Secrets by
// name" and "Settings"). A [Store] finds them in LATCH_SECRET_<NAME> and in the
// files of LATCH_SECRETS_DIR, and knows which hosts each may be sent to. A
// [Secret] says what to send, which keys sign, and what to mask wherever it is
// echoed. PEM, of certificates and their keys, is used as a whole. Neither type
// prints a value, however it is formatted.
//
// What it may not know: Temporal, HTTP, expressions. Start reading at
// [FromEnvironment], [Store.Lookup] and [Secret].
package secret
