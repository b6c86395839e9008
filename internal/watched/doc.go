// Package watched is what a watch sees of others' runs: which runs it looks for
// ([Query], [Takes]), and a run that has closed as its webhooks see it
// ([Reader.Close]). It knows nothing of where a watch stands: that is
// internal/closes. Start reading at [Query].
package watched
