package expr

import (
	"math"

	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
)

// isArithmetic reports whether a function is an operator that computes a number from two numbers.
func isArithmetic(function string) bool {
	switch function {
	case operators.Add, operators.Subtract, operators.Multiply, operators.Divide, operators.Modulo:
		return true
	}
	return false
}

// arithmetic implements - and * as CEL does, except that an int and a double give a double.
func arithmetic(m *meter, args []ref.Val, impl implementation) ref.Val {
	return impl(m.operands(args))
}

// divide implements / and %. Dividing a double by zero is an error, as it is for ints. Otherwise a
// rate over nothing would be NaN, which is neither above nor below any limit.
func divide(m *meter, args []ref.Val, impl implementation) ref.Val {
	operands := m.operands(args)
	if divisor, ok := operands[1].(types.Double); ok && divisor == 0 && operands[0].Type() == types.DoubleType {
		return types.NewErr("division by zero")
	}
	return impl(operands)
}

// remainder implements %, for doubles too. The result has the sign of the dividend.
func remainder(m *meter, args []ref.Val, impl implementation) ref.Val {
	return divide(m, args, func(operands []ref.Val) ref.Val {
		dividend, ok := operands[0].(types.Double)
		divisor, both := operands[1].(types.Double)
		if ok && both {
			return types.Double(math.Mod(float64(dividend), float64(divisor)))
		}
		return impl(operands)
	})
}

// operands returns two numbers converted to the types that the operator works on.
func (m *meter) operands(args []ref.Val) []ref.Val {
	left, right := m.plain(args[0]), m.plain(args[1])
	if left.Type() == types.DoubleType {
		right = asDouble(right)
	} else if right.Type() == types.DoubleType {
		left = asDouble(left)
	}
	return []ref.Val{left, right}
}

func asDouble(value ref.Val) ref.Val {
	switch v := value.(type) {
	case types.Int:
		return types.Double(v)
	case types.Uint:
		return types.Double(v)
	}
	return value
}

// finite rejects a computed NaN or infinity, so that no decision rests on one, and turns -0 into 0.
func finite(result ref.Val) ref.Val {
	d, ok := result.(types.Double)
	switch {
	case !ok:
		return result
	case math.IsNaN(float64(d)) || math.IsInf(float64(d), 0):
		return types.NewErr("the result is %v, which is not a number that JSON has", float64(d))
	case d == 0:
		return types.Double(0)
	default:
		return d
	}
}
