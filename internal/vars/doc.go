// Package vars says which variables templates and expressions see: their names, kinds and keys, and
// which runs have them.
//
// To add a variable, add a row to the table (table.go) and, where its keys are fixed, a type
// (values.go); then give it a value where a run makes its variables (workflows) and where one is
// made up (starter). The type-checker, the check for unknown keys, the warnings, the default body
// and the contract's section "Templates" read the table; tests name what lacks a value.
//
// What it may not know: CEL, Temporal, HTTP.
package vars
