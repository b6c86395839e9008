// Package schema generates JSON Schemas (draft 2020-12) of the vocabulary's
// types, with which editors complete and check job and release files.
//
// What lives here: [Of], which reflects the types of the root package and adds
// what Go types cannot express: the values, default and meaning of each key.
// What a schema cannot express either (that an event may block, that an
// expression compiles) is left to validation.
//
// What it may not know: Temporal, files, the command line. Where to start:
// [Of]; the descriptions are in describe.go.
package schema
