package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/docshell"
)

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	fenced  = regexp.MustCompile("(?ms)^[ \t]*```.*?^[ \t]*```[ \t]*$")
	coded   = regexp.MustCompile("`[^`\n]+`")
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
	dropped = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// Each link of a document to the repository leads to a file, and to a heading that
// is in it.
func TestLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	files, err := docshell.Documents(root)
	require.NoError(t, err)
	checked := 0
	for _, file := range files {
		for _, found := range link.FindAllStringSubmatch(coded.ReplaceAllString(unfenced(t, file), "code"), -1) {
			if strings.Contains(found[1], "://") {
				continue
			}
			checked++
			path, anchor, _ := strings.Cut(found[1], "#")
			target := file
			if path != "" {
				target = filepath.Join(filepath.Dir(file), path)
				_, err := os.Stat(filepath.Join(root, target))
				require.NoError(t, err, "%s links to %s", file, found[1])
			}
			if anchor != "" {
				require.Contains(t, anchors(unfenced(t, target)), anchor, "%s links to %s", file, found[1])
			}
		}
	}
	require.Greater(t, checked, 60)
}

// unfenced returns a document without its blocks of code.
func unfenced(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, file))
	require.NoError(t, err)
	return fenced.ReplaceAllString(string(text), "")
}

// anchors returns the anchors of a document's headings, as GitHub makes them.
func anchors(text string) []string {
	var all []string
	for _, found := range heading.FindAllStringSubmatch(text, -1) {
		plain := link.ReplaceAllString(found[1], "")
		all = append(all, strings.ReplaceAll(dropped.ReplaceAllString(strings.ToLower(plain), ""), " ", "-"))
	}
	return all
}
