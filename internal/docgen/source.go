package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
)

// source returns a function of a Go file, with its comment, as a block of code. of is the path of
// the file and the name of the function, as in "examples/nexus/main.go Deploy".
func source(of string) (string, error) {
	file, name, _ := strings.Cut(of, " ")
	text, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		return "", fmt.Errorf("source: %w", err)
	}
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, file, text, parser.ParseComments)
	if err != nil {
		return "", fmt.Errorf("source: %w", err)
	}
	for _, declaration := range parsed.Decls {
		function, is := declaration.(*ast.FuncDecl)
		if !is || function.Name.Name != name {
			continue
		}
		from := function.Pos()
		if function.Doc != nil {
			from = function.Doc.Pos()
		}
		return "```go\n" + string(text[files.Position(from).Offset:files.Position(function.End()).Offset]) + "\n```", nil
	}
	return "", fmt.Errorf("source: %s has no function %q", file, name)
}
