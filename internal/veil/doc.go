// Package veil hides what opens a lock from those who may not remove it: the
// HMAC of a lock's link (contract, "HTTP API").
//
// A link goes out to endpoints, which may answer with it: as a value, as the
// name of a key or a header, within a URL, or escaped in some other way. So
// whatever is shown to a lesser role is looked through as a whole, whichever
// route it comes from, once it is JSON or HTML.
//
// What lives here: [JSON], [Text] and [Value]. It knows links, and how texts are
// escaped; it knows no routes and no roles. A lock's token is not hidden: without
// a key or the HMAC it opens nothing. Start reading at veil.go.
package veil
