package expr

import (
	"reflect"
	"strconv"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"github.com/google/cel-go/interpreter"
)

// number is a number in the data whose digits differ from what CEL would print: 1.10, 1e400, -0, an
// integer over 2^53. It passes unchanged through selection, conditionals, optionals and literals.
// Every call that computes gets plain instead (calls.go), so that CEL's functions never see a
// number.
type number struct {
	plain  ref.Val
	digits string
}

var (
	_ ref.Val               = number{}
	_ traits.Zeroer         = number{}
	_ interpreter.Qualifier = number{}
)

// exactBelow bounds the integers that a double represents exactly and prints in full.
const exactBelow = 1 << 53

// parseNumber returns the CEL value of a JSON number: a double, or an int if a double would change
// its value. If CEL would print the same digits, it is a plain value.
func parseNumber(digits string) ref.Val {
	i, err := strconv.ParseInt(digits, 10, 64)
	if err == nil && digits != "-0" && -exactBelow <= i && i <= exactBelow {
		return types.Double(i)
	}
	// The only possible error is a range error, and then f is the infinity that CEL would have too.
	f, _ := strconv.ParseFloat(digits, 64)
	if err == nil {
		if same, isWhole := asInt(types.Double(f)); !isWhole || int64(same) != i {
			return types.Int(i)
		}
	}
	return number{plain: types.Double(f), digits: digits}
}

func (n number) ConvertToNative(t reflect.Type) (any, error) { return n.plain.ConvertToNative(t) }
func (n number) ConvertToType(t ref.Type) ref.Val            { return n.plain.ConvertToType(t) }
func (n number) Type() ref.Type                              { return n.plain.Type() }
func (n number) Value() any                                  { return n.plain.Value() }

// Equal compares values, not digits.
func (n number) Equal(other ref.Val) ref.Val {
	if o, ok := other.(number); ok {
		other = o.plain
	}
	return n.plain.Equal(other)
}

// IsZeroValue supports optional.ofNonZeroValue.
func (n number) IsZeroValue() bool { return n.plain.(traits.Zeroer).IsZeroValue() }

// A number used as an index, as in list[data.position], is looked up by its plain value.

func (n number) ID() int64        { return 0 }
func (n number) IsOptional() bool { return false }

func (n number) Qualify(vars interpreter.Activation, obj any) (any, error) {
	q, err := qualifiers.NewQualifier(nil, 0, n.plain, false)
	if err != nil {
		return nil, err
	}
	return q.Qualify(vars, obj)
}

func (n number) QualifyIfPresent(vars interpreter.Activation, obj any, presenceOnly bool) (any, bool, error) {
	q, err := qualifiers.NewQualifier(nil, 0, n.plain, true)
	if err != nil {
		return nil, false, err
	}
	return q.QualifyIfPresent(vars, obj, presenceOnly)
}
