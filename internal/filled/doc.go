// Package filled makes values of which every field is set, for tests that hold for each field: a
// field that is new is tried as the others are.
//
// It knows the types of the root package that have JSON of their own. Start reading at [Set].
package filled
