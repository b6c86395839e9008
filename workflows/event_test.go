package workflows_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// Some workflow fires every event of the table. Otherwise an event would be documented but
// never fire.
func TestEveryBuiltInEventIsFired(t *testing.T) {
	t.Parallel()
	constants := eventConstants(t)
	code := workflowCode(t)
	for _, event := range latch.BuiltInEvents() {
		constant := constants[event.Name]
		require.NotEmpty(t, constant, "%s has no constant in event.go", event.Name)
		require.True(t, strings.Contains(code, "latch."+constant), "no workflow fires %s (latch.%s)", event.Name, constant)
	}
}

// eventConstants returns the names of the constants in the root's event.go by
// their values.
func eventConstants(t *testing.T) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../event.go", nil, 0)
	require.NoError(t, err)
	constants := map[string]string{}
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		if literal, ok := spec.Values[0].(*ast.BasicLit); ok && literal.Kind == token.STRING {
			value, err := strconv.Unquote(literal.Value)
			require.NoError(t, err)
			constants[value] = spec.Names[0].Name
		}
		return true
	})
	return constants
}

func workflowCode(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	var code strings.Builder
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		code.Write(text)
	}
	return code.String()
}
