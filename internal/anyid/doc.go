// Package anyid lets ids be written in any script.
//
// Temporal takes workflow and schedule ids in all of Unicode. The SDK tells
// proxies the id of each call in a header besides, though, and gRPC refuses to
// send a header that is not printable ASCII: a worker could then never answer
// for such a run. This package leaves the header out where it cannot be sent;
// it knows nothing of what is called.
package anyid
