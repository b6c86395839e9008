package expr

import (
	"slices"
	"strconv"
	"strings"

	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"

	"github.com/latch-run/latch/internal/vars"
)

// A Selection is a value that an expression selects from a root variable: the name of the variable
// and the keys that lead to the value. An index of a list is written as "[0]".
type Selection []string

// String returns the selection as an expression.
func (s Selection) String() string {
	var written strings.Builder
	written.WriteString(s[0])
	for _, key := range s[1:] {
		switch {
		case strings.HasPrefix(key, "["):
			written.WriteString(key)
		case isName(key):
			written.WriteString("." + key)
		default:
			written.WriteString("['" + strings.ReplaceAll(key, "'", `\'`) + "']")
		}
	}
	return written.String()
}

// isName reports whether CEL allows the key after a dot.
func isName(key string) bool {
	for i := range len(key) {
		if !isIdentifier(key[i]) {
			return false
		}
	}
	return key != "" && (key[0] < '0' || key[0] > '9')
}

// A read is one place where an expression reads a root variable.
type read struct {
	path Selection // what is selected
	at   int64     // the node that selects the first key
	// asked is a key below path that may be missing: the expression uses has, in or an optional
	// selection. It is nil for a read that selects, or that uses the value as a whole.
	asked *string
	// null is true if the value is compared with null.
	null bool
}

// String identifies what is read and how.
func (r *read) String() string {
	text := r.path.String()
	if r.asked != nil {
		text += "?" + *r.asked
	}
	return text + "=" + strconv.FormatBool(r.null)
}

// A reader walks a checked expression once and collects its reads. Names bound by macros are not
// root variables.
type reader struct {
	kinds map[string]vars.Kind
	bound []string
	reads []*read
	seen  map[string]bool
}

// readsOf returns the distinct reads of an expression, and whether it does nothing except select
// one value.
func readsOf(checked *ast.AST, kinds map[string]vars.Kind) (reads []*read, alone bool) {
	r := &reader{kinds: kinds, seen: map[string]bool{}}
	whole := r.selection(checked.Expr())
	r.note(whole)
	return r.reads, whole != nil
}

func (r *reader) note(one *read) {
	if one == nil || r.seen[one.String()] {
		return
	}
	r.seen[one.String()] = true
	r.reads = append(r.reads, one)
}

// walk records the reads in expressions whose values are used as a whole.
func (r *reader) walk(expressions ...ast.Expr) {
	for _, e := range expressions {
		r.note(r.selection(e))
	}
}

// selection returns the read that an expression is, for the caller to extend or record. If the
// expression does more than select, selection records the reads in it and returns nil.
func (r *reader) selection(e ast.Expr) *read {
	switch e.Kind() {
	case ast.IdentKind:
		return r.name(e.AsIdent())
	case ast.SelectKind:
		selected := e.AsSelect()
		of := r.selection(selected.Operand())
		if !selected.IsTestOnly() {
			return of.extended(selected.FieldName(), e.ID())
		}
		r.ask(of, selected.FieldName())
	case ast.CallKind:
		return r.call(e.ID(), e.AsCall())
	case ast.ListKind:
		r.walk(e.AsList().Elements()...)
	case ast.MapKind:
		for _, entry := range e.AsMap().Entries() {
			r.walk(entry.AsMapEntry().Key(), entry.AsMapEntry().Value())
		}
	case ast.ComprehensionKind:
		r.comprehension(e.AsComprehension())
	}
	return nil
}

func (r *reader) name(name string) *read {
	root := strings.TrimPrefix(name, ".")
	if _, known := r.kinds[root]; !known || root == name && slices.Contains(r.bound, name) {
		return nil
	}
	return &read{path: Selection{root}}
}

func (r *reader) call(id int64, call ast.CallExpr) *read {
	args := call.Args()
	switch name := call.FunctionName(); name {
	case operators.Index:
		if key, isKey := keyOf(args[1]); isKey {
			return r.selection(args[0]).extended(key, id)
		}
	case operators.OptSelect, operators.OptIndex:
		if key, isKey := keyOf(args[1]); isKey {
			r.ask(r.selection(args[0]), key)
			return nil
		}
	case operators.In:
		if key, isKey := keyOf(args[0]); isKey {
			r.ask(r.selection(args[1]), key)
			return nil
		}
	case operators.Equals, operators.NotEquals:
		for i, arg := range args {
			compared := r.selection(arg)
			if compared != nil {
				compared.null = isNull(args[1-i])
			}
			r.note(compared)
		}
		return nil
	}
	if call.IsMemberFunction() {
		r.walk(call.Target())
	}
	r.walk(args...)
	return nil
}

// ask records that the expression asks whether a value has a key.
func (r *reader) ask(of *read, key string) {
	if of != nil {
		of.asked = &key
	}
	r.note(of)
}

func (r *reader) comprehension(c ast.ComprehensionExpr) {
	r.walk(c.IterRange(), c.AccuInit())
	outside := len(r.bound)
	r.bound = append(r.bound, c.IterVar(), c.IterVar2(), c.AccuVar())
	r.walk(c.LoopCondition(), c.LoopStep(), c.Result())
	r.bound = r.bound[:outside]
}

func (r *read) extended(key string, id int64) *read {
	if r == nil {
		return nil
	}
	if len(r.path) == 1 {
		r.at = id
	}
	r.path = append(r.path, key)
	return r
}

// keyOf returns the key or index that a literal stands for.
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

func isNull(e ast.Expr) bool { return e.Kind() == ast.LiteralKind && e.AsLiteral() == types.NullValue }
