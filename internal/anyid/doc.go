// Package anyid allows ids in any script.
//
// Temporal accepts workflow and schedule ids in all of Unicode. But the SDK also sends the id
// of each call in a header, as a hint to proxies, and gRPC rejects a header that is not
// printable ASCII: a worker could never answer for such a run. This package removes the header
// if it cannot be sent. It does not depend on the call.
package anyid
