// Package analysis says what measurements come to: counts of how they ended, against
// the limits of an analysis, as Argo Rollouts counts them. Start reading at [Tally].
//
// What it may not know: Temporal, HTTP, expressions.
package analysis
