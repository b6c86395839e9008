// Package stack starts everything that a demonstration needs, like an operator: a Temporal
// server with its UI and HTTP API in the calling process, and Latch's worker and starter as
// separate processes, built from the checkout. Everything listens on loopback.
//
// It knows how these are started and stopped, and nothing of what runs on them.
//
// Start reading at [Options], then [Start]. The file environment.go contains the worker's
// settings.
package stack
