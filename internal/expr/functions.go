package expr

import (
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
)

// The functions that Latch calls in a way of its own, so that numbers keep their digits or work
// stays bounded. What they answer is what CEL answers.

// add joins lists as they are, and bounds strings. It joins into one new list: CEL's own join
// would make lists of any length, and slow ones, out of nothing.
func add(m *meter, args []ref.Val, impl implementation) ref.Val {
	list, isList := args[0].(traits.Lister)
	other, isOther := args[1].(traits.Lister)
	if isList && isOther {
		return join(m, list, other, impl)
	}
	operands := m.operands(args)
	if size := length(operands[0]) + length(operands[1]); size > 0 {
		if err := m.made(size); err != nil {
			return types.WrapErr(err)
		}
	}
	return impl(operands)
}

func join(m *meter, list, other traits.Lister, impl implementation) ref.Val {
	if _, collected := list.(traits.MutableLister); collected { // by a macro: map or filter
		m.chargeTimes(sizeOf(other), elementWork)
		return impl([]ref.Val{list, other})
	}
	joined := m.elements(nil, list)
	return types.NewRefValList(adapter{}, m.elements(joined, other))
}

// elements appends the elements of a list.
func (m *meter) elements(to []ref.Val, list traits.Lister) []ref.Val {
	size := sizeOf(list)
	m.chargeTimes(size, elementWork)
	for i := range size {
		to = append(to, list.Get(types.Int(i)))
	}
	return to
}

// in reads a list, but only looks a key up in a map.
func in(m *meter, args []ref.Val, impl implementation) ref.Val {
	wanted, container := m.plain(args[0]), args[1]
	if _, isMap := container.(traits.Mapper); !isMap {
		container = m.plain(container)
	}
	if list, isList := container.(traits.Lister); isList {
		if err := looksFor(wanted, list); err != nil {
			return err
		}
	}
	return impl([]ref.Val{wanted, container})
}

// text is string(): a number or a time is what a template prints for it.
func text(m *meter, args []ref.Val, impl implementation) ref.Val {
	switch v := args[0].(type) {
	case number:
		return types.String(v.digits)
	case types.Double:
		digits, err := appendDouble(nil, float64(v))
		if err != nil {
			return types.WrapErr(err)
		}
		return types.String(digits)
	case types.Timestamp:
		return types.String(momentText(v.Time))
	}
	return impl([]ref.Val{m.plain(args[0])})
}

// format takes whole doubles as ints, which %x, %o and %b want; the other clauses print both alike.
func format(m *meter, args []ref.Val, impl implementation) ref.Val {
	list, ok := args[1].(traits.Lister)
	if !ok {
		return impl(args)
	}
	m.chargeTimes(sizeOf(list), 512) // a full precision and the longest double, besides its text
	values := m.elements(nil, m.plain(list).(traits.Lister))
	for i, value := range values {
		if d, isDouble := value.(types.Double); isDouble {
			if whole, isWhole := asInt(d); isWhole {
				values[i] = whole
			}
		}
	}
	return impl([]ref.Val{m.plain(args[0]), types.NewRefValList(adapter{}, values)})
}

// encode is json.encode() with the JSON that templates have.
func encode(m *meter, args []ref.Val, _ implementation) ref.Val {
	out, err := appendJSON(nil, args[0], min(maxString, m.left))
	if err != nil {
		return types.WrapErr(err)
	}
	m.charge(2 * len(out))
	return types.String(out)
}

func slice(m *meter, args []ref.Val, impl implementation) ref.Val {
	for i := 1; i < len(args); i++ {
		args[i] = m.plain(args[i])
	}
	if len(args) == 3 {
		start, startOK := args[1].(types.Int)
		end, endOK := args[2].(types.Int)
		if startOK && endOK && end > start && start >= 0 {
			m.chargeTimes(int(end-start), elementWork)
		}
	}
	return impl(args)
}

// distinct keeps the first of equal elements, with its digits.
func distinct(m *meter, args []ref.Val, impl implementation) ref.Val {
	list, ok := args[0].(traits.Lister)
	if !ok {
		return impl(args)
	}
	plain := m.plain(list).(traits.Lister)
	var kept, compared []ref.Val
	seen := make(map[types.String]bool)
	for i := range sizeOf(list) {
		element := plain.Get(types.Int(i))
		if s, isString := element.(types.String); isString {
			if seen[s] {
				continue
			}
			seen[s] = true
		} else {
			if m.containsEqual(compared, element) {
				continue
			}
			compared = append(compared, element)
		}
		kept = append(kept, list.Get(types.Int(i)))
	}
	return types.NewRefValList(adapter{}, kept)
}

func (m *meter) containsEqual(values []ref.Val, wanted ref.Val) bool {
	for _, value := range values {
		m.charge(stepWork)
		if _, container := value.(traits.Sizer); container && value.Type() == wanted.Type() {
			m.plain(value)
		}
		if types.Equal(wanted, value) == types.True {
			return true
		}
	}
	return false
}

// restore gives the result of math.greatest or math.least the digits of the argument it is.
func restore(result ref.Val, args []ref.Val) ref.Val {
	if _, isDouble := result.(types.Double); !isDouble {
		return result
	}
	for _, arg := range args {
		if list, ok := arg.(traits.Lister); ok {
			for i := range sizeOf(list) {
				if n, ok := list.Get(types.Int(i)).(number); ok && n.plain == result {
					return n
				}
			}
		}
		if n, ok := arg.(number); ok && n.plain == result {
			return n
		}
	}
	return result
}
