// Package protocol is what Latch's workflows and activities say to each other:
// the names of the internal activities, their arguments and their answers.
// They travel through Temporal as JSON and ignore unknown keys, so that
// workers of two versions can serve one run.
//
// It knows no Temporal and does nothing.
package protocol
