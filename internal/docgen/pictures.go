package main

import (
	"fmt"
	"strings"

	"github.com/latch-run/latch/internal/console"
)

// pictures returns the pictures of the console's pages that `make screenshots`
// writes to docs/console: each page on a desktop and on a phone, in light and
// dark mode. It leaves out the gallery of pieces, which is for developers.
func pictures(string) (string, error) {
	var b strings.Builder
	for _, page := range console.Pictured() {
		fmt.Fprintf(&b, "### %s\n\n", page.Title)
		t := newTable("light", "dark")
		for _, window := range []string{"desktop", "phone"} {
			var cells []string
			for _, scheme := range []string{"light", "dark"} {
				cells = append(cells, fmt.Sprintf("![%s, %s, %s](console/%s-%s-%s.png)", page.Title, window, scheme, page.Name, window, scheme))
			}
			t.row(cells...)
		}
		b.WriteString(t.String() + "\n")
	}
	return b.String(), nil
}
