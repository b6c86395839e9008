package latch_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The rules of docs/architecture.md hold: each package belongs to one floor, imports none above
// its own, and says in a doc.go where to start reading.
func TestFloors(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("docs/architecture.md")
	require.NoError(t, err)
	floors := map[string]int{}
	for _, row := range regexp.MustCompile("(?m)^\\| (\\d) \\| `([^`]+)` \\|").FindAllStringSubmatch(string(page), -1) {
		require.NotContains(t, floors, row[2], "is given twice")
		floors[row[2]], err = strconv.Atoi(row[1])
		require.NoError(t, err)
	}

	listed, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports,Dir", "./...").Output()
	require.NoError(t, err)
	seen := 0
	for decoder := json.NewDecoder(strings.NewReader(string(listed))); ; {
		var found struct {
			ImportPath, Dir string
			Imports         []string
		}
		if err := decoder.Decode(&found); errors.Is(err, io.EOF) {
			break
		} else {
			require.NoError(t, err)
		}
		seen++
		room := roomOf(found.ImportPath)
		require.Contains(t, floors, room, "docs/architecture.md says of each package on which floor it stands")
		require.True(t, hasDoc(found.Dir), "%s has no doc.go", room)
		for _, imported := range found.Imports {
			if below := roomOf(imported); below != "" {
				require.LessOrEqual(t, floors[below], floors[room], "%s imports %s, which stands above it", room, below)
			}
		}
	}
	require.Len(t, floors, seen, "docs/architecture.md has packages that are not there")
}

// roomOf returns the directory of a package of this module, or "" for any other package.
func roomOf(importPath string) string {
	const module = "github.com/latch-run/latch"
	if importPath == module {
		return "."
	}
	room, ours := strings.CutPrefix(importPath, module+"/")
	if !ours {
		return ""
	}
	return room
}

// hasDoc reports whether the package has a package comment in doc.go, or in main.go if it is a
// program of one file.
func hasDoc(dir string) bool {
	for _, file := range []string{"doc.go", "main.go"} {
		if source, err := os.ReadFile(filepath.Join(dir, file)); err == nil {
			return strings.HasPrefix(string(source), "// ")
		}
	}
	return false
}

// No package of this module that workflow code imports may import net/http: a workflow makes no
// requests, its activities do.
func TestWorkflowsStandOnNoHTTP(t *testing.T) {
	t.Parallel()
	listed, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{.ImportPath}} {{join .Imports \" \"}}",
		"./workflows", "./internal/protocol").Output()
	require.NoError(t, err)
	var ours []string
	for line := range strings.Lines(string(listed)) {
		imports := strings.Fields(line)
		if roomOf(imports[0]) == "" {
			continue
		}
		ours = append(ours, roomOf(imports[0]))
		require.NotContains(t, imports[1:], "net/http", "%s is linked by workflow code", imports[0])
	}
	require.Subset(t, ours, []string{".", "workflows", "internal/protocol"})
}
