// Package declared compares what files declare with what is registered: jobs,
// webhooks that stand by themselves, and tags.
//
// What lives here: an [Item] is one thing that a document declares ([Decode]) and
// the document that declares a thing again (export.go); [State] is what is
// registered; a [Plan] is what would have to change, a plain value that a pure
// function makes ([NewPlan]), so that it is tested without anything running.
//
// What it may not know: files, Temporal, HTTP. Who carries a plan out is
// internal/cli/backend.
//
// Where to start: [Item], then [NewPlan].
package declared
