// Command docgen writes the parts of the documentation that are derived from
// the code: the keys of jobs, releases and webhooks, the events, the variables
// of templates, the settings, the routes of the HTTP API, the commands, and what
// is shown of the examples.
//
// A part is enclosed by two Markdown comments:
//
//	<!-- generated: events (make docs) -->
//	<!-- end of generated -->
//
// The first comment names the part, and may add a parameter after a colon, as
// in "keys: Job, Schedule". To add a part, add a row to the table of parts
// (parts.go) and its two comments to a document. "make docs" rewrites all
// parts; a test fails while a document is out of date.
//
// Start reading at main.go.
package main

//go:generate go run .
