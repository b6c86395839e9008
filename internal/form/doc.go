// Package form checks what people fill in against a lock's form, a JSON Schema.
//
// What lives here: [Compile], which tells all that is wrong with a form; [Form.Check], which tells
// all that is wrong with data; and [Fields], what a page shows of a form.
//
// What it may not know: locks, votes, HTTP. Start reading at form.go.
package form
