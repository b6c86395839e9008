package expr

import (
	"slices"
	"strings"

	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
)

// A Reading is how an expression reads a field of a variable.
type Reading int

const (
	// NotRead: the value does not depend on the field.
	NotRead Reading = iota
	// Selected: the field is selected wherever it is read, so evaluating what needs it fails where
	// it is missing.
	Selected
	// Guessed: a missing field may go unnoticed, as behind has(), [?'field'] or where the variable
	// is used as a whole.
	Guessed
	// Compared: the field is compared with null somewhere, so the expression expects that there may
	// be nothing.
	Compared
)

// Reads returns how the expression reads a field of one of its variables. A name that a macro
// binds counts as the variable of that name.
func (e *Expression) Reads(variable, field string) Reading {
	reading := NotRead
	for _, use := range e.reads {
		if use.variable == variable && (use.field == field || use.field == "") {
			reading = max(reading, use.reading)
		}
	}
	return reading
}

// A fieldRead is one place where an expression reads a variable; an empty field is all of it.
type fieldRead struct {
	variable, field string
	reading         Reading
}

// readsOf collects how an expression reads its variables.
func readsOf(checked *ast.AST, kinds map[string]kind) []fieldRead {
	var reads []fieldRead
	seen := map[fieldRead]bool{}
	root := ast.NavigateAST(checked)
	for _, name := range ast.MatchDescendants(root, ast.KindMatcher(ast.IdentKind)) {
		variable := strings.TrimPrefix(name.AsIdent(), ".")
		if _, known := kinds[variable]; !known {
			continue
		}
		read := fieldRead{variable: variable, reading: Guessed}
		if parent, isChild := name.Parent(); isChild {
			if field, reading := selection(parent, name); reading != NotRead {
				read.field, read.reading = field, reading
			}
		}
		if !seen[read] {
			seen[read], reads = true, append(reads, read)
		}
	}
	return reads
}

// selection returns the field that a node selects from its operand, and how; NotRead where it does
// something else with the operand.
func selection(node, operand ast.NavigableExpr) (field string, reading Reading) {
	switch node.Kind() {
	case ast.SelectKind:
		field, reading = node.AsSelect().FieldName(), Selected
		if node.AsSelect().IsTestOnly() {
			reading = Guessed
		}
	case ast.CallKind:
		call := node.AsCall()
		if len(call.Args()) != 2 || call.Args()[0].ID() != operand.ID() || call.Args()[1].Kind() != ast.LiteralKind {
			return "", NotRead
		}
		key, isText := call.Args()[1].AsLiteral().(types.String)
		switch call.FunctionName() {
		case operators.Index:
			reading = Selected
		case operators.OptIndex, operators.OptSelect:
			reading = Guessed
		}
		if !isText {
			return "", NotRead
		}
		field = string(key)
	}
	if reading == Selected && comparedWithNull(node) {
		reading = Compared
	}
	return field, reading
}

// comparedWithNull reports whether a node stands beside null in == or !=.
func comparedWithNull(node ast.NavigableExpr) bool {
	parent, isChild := node.Parent()
	if !isChild || parent.Kind() != ast.CallKind {
		return false
	}
	call := parent.AsCall()
	if call.FunctionName() != operators.Equals && call.FunctionName() != operators.NotEquals {
		return false
	}
	return slices.ContainsFunc(call.Args(), func(side ast.Expr) bool {
		return side.Kind() == ast.LiteralKind && side.AsLiteral() == types.NullValue
	})
}
