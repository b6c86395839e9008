// Package settings defines the LATCH_… environment variables and reads them
// into structs. It reports each invalid variable by name, and variables that
// nothing reads.
//
// Every variable is a field of one of the structs in sets.go, and nowhere else.
// This package does not know what the settings are for. Start reading at [From]
// and [Unknowns].
package settings
