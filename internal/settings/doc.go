// Package settings has the LATCH_… variables of the environment, reads them into
// structs, and reports each bad one by its own name, and those that nothing
// reads.
//
// Every variable stands in one of the structs in sets.go, and nowhere else. What
// the settings are for is not known here. Start reading at [From] and
// [Unknowns].
package settings
