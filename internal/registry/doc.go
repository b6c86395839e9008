// Package registry keeps what outlives a run: registered jobs, and webhooks
// that stand by themselves. All of it lies in Temporal's Schedules, so that
// there is no other store, every worker and every API process sees the same,
// and Temporal's own tools list, pause and trigger jobs.
//
// A job is the schedule latch-job-<id>, whose action starts latch.Trigger with
// the job's [Definition]. Webhooks that stand by themselves lie together in one
// schedule that never runs, a [Shelf], for each task queue. What is read from
// here by id is what was last written; lists come from Temporal's visibility
// store and may be a moment behind.
//
// The package knows Temporal's API and the vocabulary. It knows no HTTP, no
// workflow code and no other system's shapes of a job. Start reading at
// [Store].
package registry
