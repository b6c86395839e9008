// Package piece implements the building blocks of the console's pages: lists,
// forms, facts, records, pictures, charts, sources, notices and confirmations.
//
// A piece is a plain value. A page's handler fills it, and the page's template
// shows it by the piece's name:
//
//	{{template "list" .Data.Runs}}
//
// Pieces escape all text, wherever it comes from; none accepts HTML. The
// gallery (/console/gallery) shows each piece by itself. A new piece gets a
// file with its type, a template with its name in templates, and an entry in
// the gallery.
//
// What it may not know: HTTP, the API, which pages there are. Start reading at
// cell.go and list.go.
package piece
