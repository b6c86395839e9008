// Package byhand is the Temporal code that Latch is measured against: what a
// good engineer writes to notify others of a job or an event, with the SDK,
// net/http and a Standard Webhooks signature, and nothing of Latch.
//
// It leaves out what Latch does beside: no records, no address checks, no
// masking, no pacing, no rules. Retries are the SDK's default policy.
//
// Start reading at workflows.go; sender.go makes one request, worker.go a worker.
package byhand
