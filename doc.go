// Package latch defines Latch's vocabulary: jobs, releases, emissions, webhooks and their
// results, as Go types, as JSON, and as names on the wire.
//
// Latch provides Temporal users with lifecycle webhooks and release gates. A Go service that
// starts a job or a release needs only this package: it builds a [Job] or a [Release], starts
// the workflow [WorkflowJobRun] or [WorkflowRelease] with it, and reads a [JobResult] or a
// [ReleaseResult]. A worker that runs them adds the plugin of
// [github.com/latch-run/latch/plugin].
//
// [DecodeJob], [DecodeRelease] and [DecodeEmission] strictly decode input from people and
// services: every unknown key, missing field, wrong type, bad duration and impossible
// combination is reported at once, each with its path, as [Problems]. The functions of
// encoding/json work on the same types and ignore unknown keys, which is meant for state that
// Latch itself carries.
//
// This package depends only on the standard library: no Temporal, no HTTP, no expressions.
// Start reading at [Job], [Release] and [Webhook].
package latch
