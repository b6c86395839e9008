// Package veil hides what opens a lock from those who may not remove it: the
// HMAC in a lock's link (contract, "HTTP API").
//
// A link is sent to endpoints, which may return it: as a value, as the name of
// a key or a header, in a URL, or escaped in another way. Therefore everything
// shown to a lesser role is searched as a whole, once it is JSON or HTML,
// whichever route it comes from.
//
// What lives here: [JSON], [Text] and [Value]. The package knows links and
// escapes, but no routes and no roles. It does not hide a lock's token, which
// opens nothing without an API key or the HMAC. Start reading at veil.go.
package veil
