// Package nexusservice is the Nexus service by which workflows of other
// namespaces run jobs and releases, ask gates, fire events and remove locks
// (contract, "Nexus").
//
// An operation that starts a run checks its input first, so that a wrong one is
// refused before a run begins. The run's id is made of the input's, or of the
// request, so that a request that is sent again starts nothing twice.
//
// It may not know HTTP, the environment, or what a run does.
//
// Where to start: [New].
package nexusservice
