// Package declared compares what files declare with what is registered: jobs, webhooks, watches
// and tags.
//
// An [Item] is one declared entry ([Decode]), and export.go writes the document for a
// registered one. [State] is what is registered. A [Plan] lists the changes. It is a plain
// value from a pure function ([NewPlan]), so that it is tested without anything running.
//
// The package may not know files, Temporal, or HTTP. internal/cli/backend carries out a plan.
//
// Start reading at [Item], then [NewPlan].
package declared
