package expr

import (
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"github.com/google/cel-go/interpreter"
)

// meter is the cost that one evaluation or rendering may still have (CostLimit). Going over it
// ends the evaluation at once: an error would only be one more value to || and ?:.
type meter struct {
	left int
	step int
}

// What costs more than the bytes that are read, in units of CostLimit.
const (
	stepWork     = 8  // one name, selection, call or operator
	argumentWork = 4  // one argument of a call
	elementWork  = 32 // one element of a list that is read or made
)

func newMeter() *meter { return &meter{left: CostLimit, step: stepWork} }

// weigh makes each step dearer where the data holds long strings: to look up a key is to hash it.
func (m *meter) weigh(longest int) { m.step = stepWork + longest/256 }

func (m *meter) steps(n int) { m.chargeTimes(n, m.step) }

func (m *meter) charge(work int) {
	if work < 0 || work > m.left {
		m.stop()
	}
	m.left -= work
}

// chargeTimes charges a product that may be too large for an int.
func (m *meter) chargeTimes(a, b int) {
	if a > 0 && b > m.left/a {
		m.stop()
	}
	m.charge(a * b)
}

func (m *meter) stop() {
	panic(interpreter.EvalCancelledError{Message: "cost limit exceeded", Cause: interpreter.CostLimitExceeded})
}

// meterName is the variable under which the evaluation's meter travels; no source can spell it.
const meterName = "#meter"

// activation is the variables of one evaluation.
type activation struct {
	scope *scope
	meter *meter
}

func (a *activation) ResolveName(name string) (any, bool) {
	if name == meterName {
		return a.meter, true
	}
	value, found := a.scope.decoded[name]
	return value, found
}

func (a *activation) Parent() interpreter.Activation { return nil }

func meterOf(frame *interpreter.ExecutionFrame) *meter {
	found, _ := frame.ResolveName(meterName)
	return found.(*meter)
}

// plain returns a value as calls see it, with CEL's own numbers throughout. It charges for reading
// the value: what calls do with it costs about as much again.
func (m *meter) plain(value ref.Val) ref.Val {
	if m.read(value) {
		return withoutDigits(value)
	}
	return value
}

// read charges for all of a value, however often it holds the same list, and reports whether there
// is a number in it that keeps its digits.
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

// made charges for what a call returned, and refuses a string that is too long. A list that a macro
// grows was charged for what was added.
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

// makes charges for a string of so many bytes, or refuses it.
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

// length is the length in bytes of a string or bytes, else 0.
func length(value ref.Val) int {
	switch v := value.(type) {
	case types.String:
		return len(v)
	case types.Bytes:
		return len(v)
	}
	return 0
}
