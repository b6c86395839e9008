// Package cron interprets the schedules of registered jobs as Temporal's
// Schedules do: what Temporal rejects, when a job runs next, and where an
// expression means something else than in other cron systems. docs/schedules.md
// describes the dialect.
//
// The calculation follows Temporal's server in every detail, such as times that
// a clock change skips. An end-to-end test compares the two.
//
// What it may not know: Temporal's API, files, the clock.
//
// Where to start: [Check], [Next], [Doubts].
package cron
