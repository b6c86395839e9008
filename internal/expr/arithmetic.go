package expr

import (
	"math"

	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
)

// isArithmetic reports whether a function is an operator that takes two numbers to a number.
func isArithmetic(function string) bool {
	switch function {
	case operators.Add, operators.Subtract, operators.Multiply, operators.Divide, operators.Modulo:
		return true
	}
	return false
}

// arithmetic is - and *: as CEL has it, but that an int beside a double is a double.
func arithmetic(m *meter, args []ref.Val, impl implementation) ref.Val {
	return impl(m.operands(args))
}

// divide is / and %. Dividing doubles by zero is an error, as it is with ints: else a rate over
// nothing would be a NaN, which is neither above nor below any limit.
func divide(m *meter, args []ref.Val, impl implementation) ref.Val {
	operands := m.operands(args)
	if divisor, ok := operands[1].(types.Double); ok && divisor == 0 && operands[0].Type() == types.DoubleType {
		return types.NewErr("division by zero")
	}
	return impl(operands)
}

// remainder is %, of doubles too: what is left has the sign of the dividend.
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

// operands returns two numbers as the operator takes them.
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

// finite refuses a computed NaN or infinity, so that no decision rests on one, and makes -0 a 0.
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
