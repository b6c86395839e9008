// Package spec reads the files that people write: YAML or JSON in, JSON out,
// with nothing lost on the way.
//
// What lives here: reading within the size that Temporal takes ([Open]), YAML
// to JSON ([ToJSON]), telling what a file describes ([KindOf]), and where in it a
// problem is ([File.Located]). The JSON
// has the digits of every number, and a key that stands twice stands twice in
// it, for the strict decoding of the root package to report.
//
// What it may not know: Temporal, the command line, the rules of jobs and
// releases. Where to start: [Open].
package spec
