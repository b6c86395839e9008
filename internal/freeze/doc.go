// Package freeze says when freezes are in force: whether their windows are right, and which one is
// open at a time.
//
// A window's times are what the clocks of its zone show. Where they show a time twice, the window
// starts at the first and ends at the second; where they skip a time, it starts or ends when the
// clocks are turned. So a window covers all that could be meant. The start belongs to the window,
// the end does not, and a window that starts when another ends goes on with it.
//
// It is pure: it may not know Temporal, HTTP, files, or the clock. Start reading at [At] and
// [Check].
package freeze
