package expr

import (
	"slices"
	"strconv"
	"strings"

	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
)

// A Selection is a value that an expression selects of a root variable: the variable's name, and
// the keys that lead to the value. An index of a list is written as "[0]".
type Selection []string

// String writes the selection as an expression.
func (s Selection) String() string {
	written := s[0]
	for _, key := range s[1:] {
		switch {
		case strings.HasPrefix(key, "["):
			written += key
		case isName(key):
			written += "." + key
		default:
			written += "['" + strings.ReplaceAll(key, "'", `\'`) + "']"
		}
	}
	return written
}

// isName reports whether CEL takes the key behind a dot.
func isName(key string) bool {
	letter := func(r rune) bool { return r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }
	return key != "" && letter(rune(key[0])) && !strings.ContainsFunc(key, func(r rune) bool { return !letter(r) && (r < '0' || r > '9') })
}

// Selections lists what the expression selects of root variables, each once: where such a value is
// missing, the expression fails. What it asks for somewhere with has, in or an optional selection
// is left out. An expression that does not parse selects nothing. The selection alone says that the
// expression does nothing else.
func Selections(source string) (selected []Selection, alone bool) {
	parsed, issues := environments()[templateScope].cel.Parse(source)
	if len(issues.Errors()) > 0 {
		return nil, false
	}
	s := selector{seen: map[string]bool{}, asked: map[string]bool{}}
	whole := parsed.NativeRep().Expr()
	s.walk(whole, nil)
	return slices.DeleteFunc(s.selected, s.isAskedFor), selectionOf(whole, nil) != nil
}

// Expressions lists the sources of the template's expressions, in order.
func (t *Template) Expressions() []string {
	var sources []string
	for _, segment := range t.segments {
		if segment.expression != nil {
			sources = append(sources, segment.expression.source)
		}
	}
	return sources
}

// selector walks through an expression.
type selector struct {
	selected []Selection
	// seen and asked are selections, written out.
	seen, asked map[string]bool
}

// isAskedFor reports whether the expression asks first whether the value, or one that leads to it,
// is there.
func (s *selector) isAskedFor(selection Selection) bool {
	for n := range selection {
		if s.asked[selection[:n+1].String()] {
			return true
		}
	}
	return false
}

// walk looks at an expression within macros that made the variables of the names.
func (s *selector) walk(e ast.Expr, made []string) {
	if selection := selectionOf(e, made); selection != nil {
		if written := selection.String(); !s.seen[written] {
			s.seen[written] = true
			s.selected = append(s.selected, selection)
		}
		return
	}
	switch e.Kind() {
	case ast.SelectKind:
		selected := e.AsSelect()
		if selected.IsTestOnly() {
			s.ask(selected.Operand(), selected.FieldName(), made)
		}
		s.walk(selected.Operand(), made)
	case ast.CallKind:
		s.call(e.AsCall(), made)
	case ast.ListKind:
		for _, element := range e.AsList().Elements() {
			s.walk(element, made)
		}
	case ast.MapKind:
		for _, entry := range e.AsMap().Entries() {
			s.walk(entry.AsMapEntry().Key(), made)
			s.walk(entry.AsMapEntry().Value(), made)
		}
	case ast.ComprehensionKind:
		s.comprehension(e.AsComprehension(), made)
	}
}

func (s *selector) call(call ast.CallExpr, made []string) {
	args := call.Args()
	switch call.FunctionName() {
	case operators.OptSelect, operators.OptIndex:
		if key, isKey := keyOf(args[1]); isKey {
			s.ask(args[0], key, made)
		}
	case operators.In:
		if key, isKey := keyOf(args[0]); isKey {
			s.ask(args[1], key, made)
		}
	}
	if call.IsMemberFunction() {
		s.walk(call.Target(), made)
	}
	for _, arg := range args {
		s.walk(arg, made)
	}
}

// ask notes that the expression asks whether a value has the key.
func (s *selector) ask(of ast.Expr, key string, made []string) {
	if selection := selectionOf(of, made); selection != nil {
		s.asked[append(selection, key).String()] = true
	}
}

func (s *selector) comprehension(c ast.ComprehensionExpr, made []string) {
	s.walk(c.IterRange(), made)
	s.walk(c.AccuInit(), made)
	inside := append(slices.Clone(made), c.IterVar(), c.IterVar2(), c.AccuVar())
	s.walk(c.LoopCondition(), inside)
	s.walk(c.LoopStep(), inside)
	s.walk(c.Result(), inside)
}

// selectionOf returns what an expression selects that does nothing else, or nil.
func selectionOf(e ast.Expr, made []string) Selection {
	switch e.Kind() {
	case ast.IdentKind:
		if name := strings.TrimPrefix(e.AsIdent(), "."); !slices.Contains(made, name) {
			return Selection{name}
		}
	case ast.SelectKind:
		if selected := e.AsSelect(); !selected.IsTestOnly() {
			return extended(selectionOf(selected.Operand(), made), selected.FieldName())
		}
	case ast.CallKind:
		if call := e.AsCall(); call.FunctionName() == operators.Index {
			if key, isKey := keyOf(call.Args()[1]); isKey {
				return extended(selectionOf(call.Args()[0], made), key)
			}
		}
	}
	return nil
}

func extended(selection Selection, key string) Selection {
	if selection == nil {
		return nil
	}
	return append(selection, key)
}

// keyOf returns the key or the index that an expression is.
func keyOf(e ast.Expr) (string, bool) {
	if e.Kind() != ast.LiteralKind {
		return "", false
	}
	switch literal := e.AsLiteral().(type) {
	case types.String:
		return string(literal), true
	case types.Int:
		return "[" + strconv.FormatInt(int64(literal), 10) + "]", true
	default:
		return "", false
	}
}
