// Package nexusservice is the Nexus service with which workflows of other namespaces run jobs
// and releases, ask gates, fire events and remove locks (contract, "Nexus").
//
// An operation that starts a run checks its input first, so that a wrong one is refused before
// a run begins. The run's id is derived from the input's id, or from the request, so that a
// repeated request starts nothing twice.
//
// It may not know HTTP, the environment, or what a run does.
//
// Start reading at [New].
package nexusservice
