// Package admission is the gate that every input passes before anything
// starts: shape and expressions together, with all that is wrong told at once
// (contract, "Decoding").
//
// What lives here: [DecodeJob], [DecodeRelease], [DecodeEmission] and
// [DecodeGate] read JSON strictly, hold it to the rules of the root package,
// and compile every expression and template for the place that it stands in.
// [CheckJob] and its like do the same for values that Go code built. Warnings
// ([JobWarnings] and its like) name what is allowed and probably not meant.
//
// What it may not know: Temporal, HTTP, files, YAML. Nothing here reads a
// clock or the environment, so that workflow code may call it.
//
// Where to start: admission.go is the door, walk.go walks through an input,
// compile.go compiles what it finds, sum.go bounds it, place.go says which template stands where,
// warning.go and doubt.go what is only doubtful.
package admission
