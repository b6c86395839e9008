// Package rehearsal lets activities run without external systems: a context contains the
// function that answers their requests, the clock and the registered entries. Package latchtest
// uses it to run Latch's own activities in the SDK's test environment, where time is skipped
// and no receiver listens.
//
// Only code of this module can create such a context, so that no option of a worker disables
// the checks of addresses. Start reading at [World].
package rehearsal
