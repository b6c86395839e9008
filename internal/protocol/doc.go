// Package protocol defines how Latch's workflows and activities communicate: the names of the
// internal activities, their arguments and their results. They travel through Temporal as JSON
// and ignore unknown keys, so that workers of two versions can serve one run.
//
// It does not depend on Temporal and does nothing itself.
package protocol
