// Package settings reads the LATCH_… variables of the environment into a
// struct, and tells of each bad one by its own name. It knows nothing of what
// the settings are for. Start reading at [Read].
package settings
