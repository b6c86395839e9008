// Package cron tells, without a server, what is wrong with when a registered
// job is to run: the cron expression and the time zone, as Temporal's Schedules
// read them.
//
// What it may not know: Temporal's API, files. When an expression next fires
// only Temporal tells.
//
// Where to start: [Check].
package cron
