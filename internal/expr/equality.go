package expr

import (
	"fmt"

	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
)

// unequal returns an error message for a comparison (==, != or in) of types that are never equal.
// Such an expression always has the same value, which cannot be intended.
func unequal(checked *ast.AST, e ast.Expr) (message string) {
	if e.Kind() != ast.CallKind || len(e.AsCall().Args()) != 2 {
		return ""
	}
	left, right := checked.GetType(e.AsCall().Args()[0].ID()), checked.GetType(e.AsCall().Args()[1].ID())
	name := e.AsCall().FunctionName()
	switch name {
	case operators.Equals, operators.NotEquals:
	case operators.In:
		if right.Kind() != types.ListKind && right.Kind() != types.MapKind {
			return ""
		}
		right = right.Parameters()[0]
	default:
		return ""
	}
	if mayEqual(left, right) {
		return ""
	}
	shown, _ := operators.FindReverse(name)
	return fmt.Sprintf("'%s' compares a value of type %s with one of type %s; they are never equal", shown, left, right)
}

// mayEqual reports whether values of the two types can be equal.
func mayEqual(a, b *types.Type) bool {
	switch {
	case isOpen(a) || isOpen(b), isNumber(a) && isNumber(b):
		return true
	case a.Kind() == types.NullTypeKind || b.Kind() == types.NullTypeKind:
		return a.Kind() == b.Kind() || mayBeNull(a) || mayBeNull(b)
	case a.Kind() != b.Kind() || a.TypeName() != b.TypeName():
		return false
	}
	for i, parameter := range a.Parameters() {
		if i < len(b.Parameters()) && !mayEqual(parameter, b.Parameters()[i]) {
			return false
		}
	}
	return true
}

// isOpen reports whether a type allows any value.
func isOpen(t *types.Type) bool {
	switch t.Kind() {
	case types.DynKind, types.AnyKind, types.ErrorKind, types.TypeKind:
		return true
	}
	return false
}

// mayBeNull reports whether CEL allows comparing values of a type with null.
func mayBeNull(t *types.Type) bool {
	switch t.Kind() {
	case types.OpaqueKind, types.StructKind, types.DurationKind, types.TimestampKind:
		return true
	}
	return false
}

func isNumber(t *types.Type) bool {
	switch t.Kind() {
	case types.IntKind, types.UintKind, types.DoubleKind:
		return true
	}
	return false
}
