// Package locklink makes and checks the links that open a lock's page without
// an API key: the page's address with an HMAC of the lock's token (contract,
// "Settings", LATCH_LOCK_LINKS).
//
// What lives here: [URL], which both the worker and the API give links with,
// [Sign] and [Verify], and where the console has its pages of runs. The worker and the API hold the same key.
//
// What it may not know: HTTP, Temporal, who asks. Start reading at link.go.
package locklink
