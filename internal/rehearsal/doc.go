// Package rehearsal lets activities run without a world around them: a context
// bears what answers their requests, the clock they go by and what is
// registered. It is how package latchtest runs Latch's own activities in the
// SDK's test environment, where time is skipped and nobody listens.
//
// Only code of this module can make such a context, so that no option of a
// worker turns the checks of addresses off. Start reading at [World].
package rehearsal
