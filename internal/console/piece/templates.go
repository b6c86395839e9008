package piece

import (
	"embed"
	"html/template"
)

//go:embed templates/*.html
var files embed.FS

// Templates returns a new copy of the pieces' templates, to which a page's own
// are added.
func Templates() *template.Template {
	return template.Must(template.New("pieces").ParseFS(files, "templates/*.html"))
}
