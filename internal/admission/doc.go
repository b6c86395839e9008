// Package admission checks every input before anything starts: shape and expressions together, with
// all problems reported at once (contract, "Decoding").
//
// What lives here: [DecodeJob], [DecodeRelease], [DecodeEmission] and [DecodeGate] decode JSON
// strictly, check it against the rules of the root package, and compile every expression and
// template for its place. [CheckJob] does the same for a job built in Go. [JobWarnings] and the like
// report what is allowed but probably a mistake.
//
// What it may not know: Temporal, HTTP, files, YAML. Nothing here reads a
// clock or the environment, so that workflow code may call it.
//
// Where to start: admission.go is the entry point, walk.go walks through an input, compile.go
// compiles what it finds, sum.go bounds it; warning.go and doubt.go find probable mistakes.
package admission
