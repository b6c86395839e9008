package expr

import (
	"strings"

	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types/ref"
)

// path is an expression that only selects, as most of those in templates do: job.status.id,
// system['fqdn']. It is looked up without CEL, for the same value at the same cost.
type path struct {
	root   string
	keys   []string
	weight int // the steps that it takes
}

// pathOf gives the path that an expression is, or nil.
func pathOf(checked *ast.AST, kinds map[string]kind) *path {
	p := &path{weight: weightsOf(checked)[checked.Expr().ID()]}
	if !p.extend(checked.Expr()) {
		return nil
	}
	k, known := kinds[p.root]
	if !known || isMoment(p.root, k, p.keys) {
		return nil
	}
	return p
}

func (p *path) extend(e ast.Expr) bool {
	switch e.Kind() {
	case ast.IdentKind:
		p.root = strings.TrimPrefix(e.AsIdent(), ".")
		return true
	case ast.SelectKind:
		selection := e.AsSelect()
		if selection.IsTestOnly() || !p.extend(selection.Operand()) {
			return false
		}
		p.keys = append(p.keys, selection.FieldName())
		return true
	case ast.CallKind:
		call := e.AsCall()
		if call.FunctionName() != operators.Index {
			return false
		}
		key, isText := textOf(call.Args()[1])
		if !isText || !p.extend(call.Args()[0]) {
			return false
		}
		p.keys = append(p.keys, key)
		return true
	default:
		return false
	}
}

// lookUp gives the value, and charges for it. Where there is none, or the cost is too high, it
// charges nothing: CEL says what is wrong.
func (p *path) lookUp(s *scope, m *meter) (ref.Val, bool) {
	if p.weight*m.step > m.left {
		return nil, false
	}
	value, found := s.find(p.root).at(p.keys)
	if !found {
		return nil, false
	}
	m.steps(p.weight)
	return adapter{}.NativeToValue(value), true
}

// appendJSON appends the value as JSON, and charges for it as lookUp does. Where it does not, that
// is to be asked.
func (p *path) appendJSON(out []byte, s *scope, m *meter) ([]byte, bool) {
	if p.weight*m.step > m.left {
		return nil, false
	}
	out, written := s.find(p.root).appendJSON(out, p.keys)
	if !written || len(out) > MaxOutput {
		return nil, false
	}
	m.steps(p.weight)
	return out, true
}
