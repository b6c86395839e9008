// Package registry stores what outlives a run: registered jobs, registered
// webhooks, watches and freezes. All of it is stored in Temporal's Schedules, so that there is no
// other store, every worker and every API process sees the same, and Temporal's
// own tools can list, pause and trigger jobs.
//
// A job is the schedule latch-job-<id>, whose action starts latch.Trigger with
// the job's [Definition]. The registered webhooks of a task queue are stored
// together in one schedule that never runs, a [Shelf], and so are its freezes. Reads by id return the
// latest write; lists come from Temporal's visibility store and may lag a
// moment behind.
//
// What it may know: Temporal's API and the vocabulary, but no HTTP, no workflow
// code, and no other system's format of a job. Start reading at [Store].
package registry
