// Package receiver is an HTTP server that stands in for the systems that Latch calls. It
// records every request and answers each path as a test has scripted it.
//
// It listens on a real TCP port of loopback, so that dials, lost connections and a receiver
// that is down are real. It knows nothing of Latch.
//
// Start reading at [New] and [Receiver.Script]. answer.go defines answers, and record.go what
// is kept of a request.
package receiver
