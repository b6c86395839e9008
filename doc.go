// Package latch is Latch's vocabulary: jobs, releases, emissions, webhooks and
// their results, as Go types, as JSON, and as names on the wire.
//
// Latch provides Temporal users with lifecycle webhooks and release gates. A service
// in Go that starts a job or a release needs this package alone: it builds a
// [Job] or a [Release], starts the workflow called [WorkflowJobRun] or
// [WorkflowRelease] with it, and reads a [JobResult] or a [ReleaseResult].
// A worker that is to run them adds the plugin of
// [github.com/latch-run/latch/plugin].
//
// [DecodeJob], [DecodeRelease] and [DecodeEmission] read what people and
// services send, strictly: every unknown key, missing field, wrong type, bad
// duration and impossible combination is reported at once, each with its path,
// as [Problems]. The plain encoding/json functions work on the same types and
// ignore what they do not know; that is for state that Latch itself carries.
//
// This package knows nothing but the standard library: no Temporal, no HTTP,
// no expressions. Start reading at [Job], [Release] and [Webhook].
package latch
