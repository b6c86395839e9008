package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strconv"
	"strings"
)

// settingsFile declares the settings. Their comments are their descriptions.
const settingsFile = root + "/internal/settings/sets.go"

// settingsOf returns the table of the settings in the named sets, separated by
// commas. A variable of two sets appears once, in the first.
func settingsOf(of string) (string, error) {
	parsed, err := parser.ParseFile(token.NewFileSet(), settingsFile, nil, parser.ParseComments)
	if err != nil {
		return "", err
	}
	t := newTable("variable", "default", "what")
	seen := map[string]bool{}
	for set := range strings.SplitSeq(of, ", ") {
		fields, err := fieldsOf(parsed, set)
		if err != nil {
			return "", err
		}
		for _, field := range fields {
			row, err := settingOf(field)
			if err != nil {
				return "", fmt.Errorf("%s: %w", set, err)
			}
			if !seen[row.variable] {
				seen[row.variable] = true
				t.row(code(row.variable), row.preset, row.what)
			}
		}
	}
	return t.String(), nil
}

// fieldsOf returns the fields of a set, with those of embedded sets in place of
// these.
func fieldsOf(file *ast.File, set string) ([]*ast.Field, error) {
	object := file.Scope.Lookup(set)
	if object == nil {
		return nil, fmt.Errorf("%s has no set %q", settingsFile, set)
	}
	structure, is := object.Decl.(*ast.TypeSpec).Type.(*ast.StructType)
	if !is {
		return nil, fmt.Errorf("%s is not a struct", set)
	}
	var fields []*ast.Field
	for _, field := range structure.Fields.List {
		if len(field.Names) > 0 {
			fields = append(fields, field)
			continue
		}
		embedded, err := fieldsOf(file, field.Type.(*ast.Ident).Name)
		if err != nil {
			return nil, err
		}
		fields = append(fields, embedded...)
	}
	return fields, nil
}

// A setting is a row of the table.
type setting struct{ variable, preset, what string }

// settingOf returns the row for a field, from its tag, its type and its
// comment.
func settingOf(field *ast.Field) (setting, error) {
	tag, err := strconv.Unquote(field.Tag.Value)
	if err != nil {
		return setting{}, err
	}
	row := setting{variable: reflect.StructTag(tag).Get("env"), preset: code(reflect.StructTag(tag).Get("envDefault")),
		what: strings.Join(strings.Fields(field.Doc.Text()), " ")}
	if row.what == "" {
		return row, fmt.Errorf("%s has no comment, which is its row in the documents", row.variable)
	}
	if ident, is := field.Type.(*ast.Ident); is && ident.Name == "bool" && row.preset == "" {
		row.preset = code("false")
	}
	if what, preset, stated := strings.Cut(row.what, " Default: "); stated {
		row.what, row.preset = what, strings.TrimSuffix(preset, ".")
	}
	return row, nil
}
