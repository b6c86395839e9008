// Package spec reads files that people write. It converts YAML or JSON to JSON
// without losing anything.
//
// What lives here: reading within the size that Temporal accepts ([Open]),
// converting YAML to JSON ([ToJSON]), recognizing what a file describes
// ([KindOf]), and locating problems in it ([File.Located]). The JSON keeps the
// digits of every number. It also keeps duplicate keys, which the strict
// decoding of the root package reports.
//
// What it may not know: Temporal, the command line, the rules of jobs and
// releases. Where to start: [Open].
package spec
