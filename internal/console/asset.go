package console

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

// staticPath is the path of the files that pages load. They need no login.
const staticPath = rootPath + "static/"

//go:embed static
var staticFiles embed.FS

// An asset is a file that pages load.
type asset struct {
	content []byte
	kind    string
	// version changes whenever the content does.
	version string
}

var assets = readAssets()

func readAssets() map[string]asset {
	found := map[string]asset{}
	files, err := fs.ReadDir(staticFiles, "static")
	if err != nil {
		panic(err) // a mistake in the build
	}
	for _, file := range files {
		content, err := staticFiles.ReadFile("static/" + file.Name())
		if err != nil {
			panic(err) // likewise
		}
		sum := sha256.Sum256(content)
		kind := map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}[path.Ext(file.Name())]
		found[file.Name()] = asset{content, kind, hex.EncodeToString(sum[:6])}
	}
	return found
}

// asset serves a file. Under the address with its version, it never changes.
func (c *console) asset(w http.ResponseWriter, r *http.Request) {
	file, found := assets[r.PathValue("name")]
	if !found || file.kind == "" {
		http.NotFound(w, r)
		return
	}
	setHeaders(w.Header())
	w.Header().Set("Content-Type", file.kind)
	if strings.Contains(r.URL.RawQuery, file.version) {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	_, _ = w.Write(file.content) // the visitor has gone away
}
