// Package locklink makes and verifies links that open a lock's page without an API key. Such a link
// is the page's address with an HMAC of the lock's token (contract, "Settings", LATCH_LOCK_LINKS).
//
// What lives here: [URL], with which the worker and the API make links, [Unsigned], [Sign] and
// [Verify], links with a choice ([WithChoice]), and the addresses of pages in the console. The worker
// and the API hold the same key.
//
// What it may not know: HTTP, Temporal, the caller. Start reading at link.go.
package locklink
