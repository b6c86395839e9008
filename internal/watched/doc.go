// Package watched defines what a watch sees of other workflows' runs: which runs it looks for
// ([Query], [Takes]), and a closed run in the form for its webhooks ([Reader.Close]). It does
// not know the progress of a watch: that is internal/closes. Start reading at [Query].
package watched
