// Package piece is what the console's pages are made of: lists, forms, facts,
// records, pictures, charts, sources, notices and confirmations.
//
// A piece is a plain value. A page's handler fills it, and the page's template
// shows it by the piece's name:
//
//	{{template "list" .Data.Runs}}
//
// A piece escapes what it is given, whoever wrote that; none takes HTML. The
// gallery (/console/gallery) shows each piece alone. A new piece gets a file with
// its type, a template of its name in templates, and an entry in the gallery.
//
// What it may not know: HTTP, the API, which pages there are. Start reading at
// cell.go and list.go.
package piece
