// Package wire sets how Latch's long-running processes, the worker and the API, talk to Temporal.
package wire
