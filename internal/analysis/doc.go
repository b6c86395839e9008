// Package analysis evaluates measurements: it compares the counts of their results with the
// limits of an analysis, like Argo Rollouts. Start reading at [Tally].
//
// It may not know Temporal, HTTP, or expressions.
package analysis
