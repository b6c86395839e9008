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
	if v := a.scope.find(name); v != nil {
		return v.whole(), true
	}
	return nil, false
}

func (a *activation) Parent() interpreter.Activation { return nil }

func meterOf(frame *interpreter.ExecutionFrame) *meter {
	found, _ := frame.ResolveName(meterName)
	return found.(*meter)
}

// plain gives a value as calls are to see it, with CEL's own numbers throughout. It reads all of
// a list or map, and charges for that: what calls do with it costs about as much again.
func (m *meter) plain(value ref.Val) ref.Val {
	result, _ := m.plainChanged(value)
	return result
}

func (m *meter) plainChanged(value ref.Val) (ref.Val, bool) {
	switch v := value.(type) {
	case number:
		return v.plain, true
	case types.String:
		m.charge(len(v))
	case types.Bytes:
		m.charge(len(v))
	case *types.Optional:
		if v.HasValue() {
			if inner, changed := m.plainChanged(v.GetValue()); changed {
				return types.OptionalOf(inner), true
			}
		}
	case traits.Lister:
		return m.plainList(v)
	case traits.Mapper:
		return m.plainMap(v)
	}
	return value, false
}

func (m *meter) plainList(list traits.Lister) (ref.Val, bool) {
	size := sizeOf(list)
	m.chargeTimes(size, elementWork)
	var rebuilt []ref.Val
	for i := range size {
		element := list.Get(types.Int(i))
		inner, changed := m.plainChanged(element)
		if changed && rebuilt == nil {
			rebuilt = make([]ref.Val, i, size)
			for j := range i {
				rebuilt[j] = list.Get(types.Int(j))
			}
		}
		if rebuilt != nil {
			rebuilt = append(rebuilt, inner)
		}
	}
	if rebuilt == nil {
		return list, false
	}
	return types.NewRefValList(adapter{}, rebuilt), true
}

func (m *meter) plainMap(mapper traits.Mapper) (ref.Val, bool) {
	size := sizeOf(mapper)
	m.chargeTimes(size, 2*elementWork)
	rebuilt := make(map[ref.Val]ref.Val, size)
	anyChanged := false
	for it := mapper.Iterator(); it.HasNext() == types.True; {
		key := it.Next()
		m.plain(key)
		inner, changed := m.plainChanged(mapper.Get(key))
		rebuilt[key] = inner
		anyChanged = anyChanged || changed
	}
	if !anyChanged {
		return mapper, false
	}
	return literal{Mapper: types.NewRefValMap(adapter{}, rebuilt)}, true
}

func sizeOf(value traits.Sizer) int {
	size, _ := value.Size().(types.Int)
	return int(size)
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
