// Package issuertest is an OpenID Connect issuer for tests: discovery, keys,
// logins and tokens, over TLS.
//
// It behaves as the specifications say: a code counts once, for its client, its
// address and its verifier (PKCE). What a test needs beside that it says: another
// key, an absence, a token that no honest issuer signs.
//
// It may not know Latch. Start reading at [New] and [Issuer.Token].
package issuertest
