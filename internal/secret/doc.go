// Package secret turns the names of secrets into their values.
//
// Specs hold names only; a worker holds the values (contract, "Secrets by
// name" and "Settings"). A [Store] finds them in LATCH_SECRET_<NAME> and in
// the files of LATCH_SECRETS_DIR, and knows which hosts each may go to. A
// [Secret] says what of it is sent, what signs, and what must be masked
// wherever it is echoed; one that is PEM, of certificates and their keys, is
// taken as a whole. Neither prints a value, however it is formatted.
//
// It may not know Temporal, HTTP or expressions. Start reading at
// [FromEnvironment], [Store.Lookup] and [Secret].
package secret
