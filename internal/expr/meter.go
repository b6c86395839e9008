package expr

import (
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"github.com/google/cel-go/interpreter"
)

// meter is the remaining cost of one evaluation or rendering (CostLimit). Exceeding it ends the
// evaluation at once: an error would be just another value for || and ?:.
type meter struct {
	left int
	step int
}

// Costs beyond the bytes read, in units of CostLimit.
const (
	stepWork     = 8  // one name, selection, call or operator
	argumentWork = 4  // one argument of a call
	elementWork  = 32 // one element of a list that is read or built
)

func newMeter() meter { return meter{left: CostLimit, step: stepWork} }

// weigh makes each step cost more if the data has long strings, because looking up a key hashes it.
func (m *meter) weigh(longest int) { m.step = stepWork + longest/256 }

func (m *meter) steps(n int) { m.chargeTimes(n, m.step) }

func (m *meter) charge(work int) {
	if work < 0 || work > m.left {
		m.stop()
	}
	m.left -= work
}

// chargeTimes charges a product that may overflow an int.
func (m *meter) chargeTimes(a, b int) {
	if a > 0 && b > m.left/a {
		m.stop()
	}
	m.charge(a * b)
}

func (m *meter) stop() {
	panic(interpreter.EvalCancelledError{Message: "cost limit exceeded", Cause: interpreter.CostLimitExceeded})
}

// meterName is the variable that carries the evaluation's meter. No source can spell it.
const meterName = "#meter"

func meterOf(frame *interpreter.ExecutionFrame) *meter {
	found, _ := frame.ResolveName(meterName)
	return found.(*meter)
}

// plain returns a value as calls see it, with all numbers as CEL's own. It charges for reading the
// value; what a call does with it costs about as much again.
func (m *meter) plain(value ref.Val) ref.Val {
	if m.read(value) {
		return withoutDigits(value)
	}
	return value
}

// read charges for all of a value, each time that it contains the same list, and reports whether it
// contains a number that keeps its digits.
func (m *meter) read(value any) (digits bool) {
	switch v := value.(type) {
	case number:
		return true
	case string:
		m.charge(len(v))
	case types.String:
		m.charge(len(v))
	case types.Bytes:
		m.charge(len(v))
	case *types.Optional:
		return v.HasValue() && m.read(v.GetValue())
	case *array:
		return m.read(v.items)
	case []any:
		m.chargeTimes(len(v), elementWork)
		for _, element := range v {
			digits = m.read(element) || digits
		}
	case *object:
		return m.read(v.fields)
	case map[string]any:
		m.chargeTimes(len(v), 2*elementWork)
		for key, element := range v {
			m.charge(len(key))
			digits = m.read(element) || digits
		}
	case literal:
		return m.read(v.Mapper)
	case traits.Lister:
		m.chargeTimes(sizeOf(v), elementWork)
		for i := range sizeOf(v) {
			digits = m.read(v.Get(types.Int(i))) || digits
		}
	case traits.Mapper:
		m.chargeTimes(sizeOf(v), 2*elementWork)
		for it := v.Iterator(); it.HasNext() == types.True; {
			key := it.Next()
			m.read(key)
			digits = m.read(v.Get(key)) || digits
		}
	}
	return digits
}

// withoutDigits rebuilds a value with CEL's own numbers.
func withoutDigits(value ref.Val) ref.Val {
	switch v := value.(type) {
	case number:
		return v.plain
	case *types.Optional:
		if v.HasValue() {
			return types.OptionalOf(withoutDigits(v.GetValue()))
		}
	case traits.Lister:
		elements := elementsOf(v)
		for i, element := range elements {
			elements[i] = withoutDigits(element)
		}
		return types.NewRefValList(adapter{}, elements)
	case traits.Mapper:
		fields := make(map[ref.Val]ref.Val, sizeOf(v))
		for it := v.Iterator(); it.HasNext() == types.True; {
			key := it.Next()
			fields[key] = withoutDigits(v.Get(key))
		}
		return literal{Mapper: types.NewRefValMap(adapter{}, fields)}
	}
	return value
}

// made charges for a call's result, and rejects a string that is too long. It does not charge for a
// list that a macro is building: its elements were charged when they were added.
func (m *meter) made(result ref.Val) ref.Val {
	switch list := result.(type) {
	case traits.MutableLister:
		return result
	case traits.Lister:
		m.chargeTimes(sizeOf(list), elementWork)
		return result
	}
	if err := m.makes(length(result)); err != nil {
		return types.WrapErr(err)
	}
	return result
}

// makes charges for a string of the given length, or rejects it.
func (m *meter) makes(bytes int) error {
	if bytes < 0 || bytes > maxString {
		return outputTooLarge(maxString)
	}
	m.charge(bytes)
	return nil
}

func sizeOf(value traits.Sizer) int {
	size, _ := value.Size().(types.Int)
	return int(size)
}

func elementsOf(list traits.Lister) []ref.Val {
	elements := make([]ref.Val, sizeOf(list))
	for i := range elements {
		elements[i] = list.Get(types.Int(i))
	}
	return elements
}

// length returns the length of a string or bytes, in bytes, or 0 for any other value.
func length(value ref.Val) int {
	switch v := value.(type) {
	case types.String:
		return len(v)
	case types.Bytes:
		return len(v)
	}
	return 0
}
