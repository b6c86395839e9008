// Package cli is Latch's command line: it starts jobs, releases and emissions on
// a Temporal server, watches them, decides about them, and checks their files
// without one.
//
// What lives here: one file for each group of commands (job.go, release.go,
// emit.go, lock.go, status.go, deliveries.go, webhook.go and its like,
// validate.go, schema.go, version.go), of which job_apply.go, job_list.go, job_show.go and
// job_control.go keep registered jobs: job_plan.go says what applying files
// would do, job_difference.go which fields change. Below them are connecting
// (connect.go), starting (start.go), watching (watch.go), what a run came to
// (outcome.go), and printing (output.go, record.go).
// api.go says which commands speak to the HTTP API in place of Temporal, and
// api_release.go, api_job.go and api_deliveries.go do; serve.go and
// serve_settings.go run the API, which internal/api is; codec.go and
// codec_settings.go run the codec server, which internal/codecserver is.
// internal/spec reads files, internal/schema makes schemas,
// internal/apiclient calls the API, internal/cron reads schedules.
//
// What it may not know: workflow code. It speaks to runs only by the names of
// the contract, as any other client does. Delivery and secrets are known to
// webhook test alone, which stands in for a worker.
//
// Where to start: root.go.
package cli
