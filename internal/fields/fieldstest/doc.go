// Package fieldstest makes values in which every text that has a role is set, for tests that hold for
// each of them: a key that is new is tried as the others are. Start reading at [Full].
package fieldstest
