// Package capture reads captured requests, in the formats in which tools print and store them,
// and verifies their signatures by Standard Webhooks.
//
// [Parse] reads a raw request, the output of webhook test and of curl -v, and .http files
// (request.go). A capture may differ from the sent request in its line endings and in hidden
// values: bodies.go lists the bodies that may have been sent, and [Request.Verify] finds the
// signed one.
//
// The package may not know flags, files, printing, or how a delivery is made.
//
// Start reading at [Parse].
package capture
