// Package schema makes JSON Schema (draft 2020-12) of the vocabulary's types,
// so that editors complete and check job and release files.
//
// What lives here: [Of], which reflects the types of the root package and
// adds what Go types cannot say: which values a key takes, what it defaults
// to, what it means. What a schema cannot say either (that an event may block,
// that an expression compiles) is left to validation.
//
// What it may not know: Temporal, files, the command line. Where to start: [Of];
// the words are in describe.go.
package schema
