// Command docgen writes the parts of the documents that the code knows: the keys
// of jobs, releases and webhooks, the events, the variables of templates, the
// settings, the routes of the HTTP API and the commands.
//
// A part stands between two comments of Markdown:
//
//	<!-- generated: events (make docs) -->
//	<!-- end of generated -->
//
// The first one names the part, and may add what it is about after a colon, as in
// "keys: Job, Schedule". To add a part, add a row to the table of parts (parts.go)
// and its two comments to a document. "make docs" rewrites all of them; a test
// fails while a document has another text than the code.
//
// Start reading at main.go.
package main

//go:generate go run .
