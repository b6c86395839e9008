// Package stack brings up all that a demonstration needs, as an operator would:
// a Temporal server with its UI and HTTP API inside the calling process, and
// Latch's worker and starter as processes of their own, built from the checkout.
// Everything listens on loopback.
//
// It knows how these are started and ended, and nothing of what runs on them.
//
// Start reading at [Options], then [Start]. The file environment.go says which
// settings the worker gets.
package stack
