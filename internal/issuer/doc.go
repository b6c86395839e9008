// Package issuer asks an OpenID Connect issuer who somebody is: by a token that
// a program sends, or by a login in a browser (authorization code, PKCE).
//
// It keeps nothing but the issuer's addresses and public keys, for a few
// minutes, and reads them only when they are needed, so that a process starts
// while the issuer is away. A token that cannot be checked because the issuer is
// out of reach is an [Away]; one that was checked and is not accepted is a
// [Refused].
//
// What it may not know: roles, sessions, cookies, routes. Its errors contain no
// token, no code and no text of the issuer's answers.
//
// Start reading at [Issuer.Check] and [Issuer.Finish].
package issuer
