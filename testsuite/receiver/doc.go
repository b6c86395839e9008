// Package receiver is an HTTP server that plays the systems Latch calls: it
// records every request it gets and answers each path as a test scripted it.
//
// It listens on loopback, over a real TCP port, so that dials, connection losses
// and a receiver that is down are the real thing. It knows nothing of Latch.
//
// Start reading at [New] and [Receiver.Script]; answer.go says what an answer can
// do, record.go what is kept of a request.
package receiver
