// Package capture reads requests that were captured, in the forms in which tools
// print and keep them, and checks their signatures by Standard Webhooks.
//
// What lives here: [Parse] reads a raw request, what webhook test and curl -v print,
// and .http files (request.go). A capture may differ from what was sent in its line
// endings and in values that were hidden: bodies.go has the bodies that it may have
// had, and [Request.Verify] finds the one that was signed.
//
// What it may not know: flags, files, printing, how a delivery is made.
//
// Where to start: [Parse].
package capture
