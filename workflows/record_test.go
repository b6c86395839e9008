package workflows

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Only the transitions in record.go write a record in the history, and only history.go cuts it:
// these two files explain the content of every record.
func TestRecordsAreWrittenInOneRoom(t *testing.T) {
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	writes := map[string]int{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		parsed, err := parser.ParseFile(token.NewFileSet(), file, source, 0)
		require.NoError(t, err)
		ast.Inspect(parsed, func(node ast.Node) bool {
			if assignment, ok := node.(*ast.AssignStmt); ok {
				for _, target := range assignment.Lhs {
					if writesRecord(target) {
						writes[file]++
					}
				}
			}
			return true
		})
	}
	require.Greater(t, writes["record.go"], 20)
	delete(writes, "record.go")
	require.Empty(t, writes, "assignments to fields of a delivery's record")
}

// writesRecord reports whether an expression is a field of some record.
func writesRecord(target ast.Expr) bool {
	for {
		selector, ok := target.(*ast.SelectorExpr)
		if !ok {
			return false
		}
		if inner, ok := selector.X.(*ast.SelectorExpr); ok && inner.Sel.Name == "record" {
			return true
		}
		target = selector.X
	}
}
