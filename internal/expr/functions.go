package expr

import (
	"slices"
	"strings"

	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
)

// rule says how a function is called. The zero rule charges for reading all arguments, converts
// their numbers to plain ones, and calls the function.
type rule struct {
	// passes is true if arguments only pass through: numbers keep their digits, and the elements of
	// lists are not read.
	passes bool
	// price charges, before the call, for work beyond reading the arguments and making the result.
	price func(m *meter, args []ref.Val) error
	// instead replaces the call, so that numbers keep their digits or work stays bounded.
	instead call
}

// implementation is a function; call is a way to call it with a meter.
type (
	implementation func(args []ref.Val) ref.Val
	call           func(m *meter, args []ref.Val, impl implementation) ref.Val
)

func (r rule) run(m *meter, args []ref.Val, impl implementation) ref.Val {
	if r.instead != nil {
		return r.instead(m, args, impl)
	}
	given := args
	if r.passes {
		for _, arg := range args {
			m.charge(length(arg))
		}
	} else {
		given = m.plains(args)
	}
	if r.price != nil {
		if err := r.price(m, given); err != nil {
			return types.WrapErr(err)
		}
	}
	return impl(given)
}

func (m *meter) plains(args []ref.Val) []ref.Val {
	given := make([]ref.Val, len(args))
	for i, arg := range args {
		given[i] = m.plain(arg)
	}
	return given
}

// rules are the functions with a rule other than the zero rule. Functions that read a time are also
// charged for reading the rules of its zone.
var rules = map[string]rule{
	operators.Add:             {instead: add},
	operators.Subtract:        {instead: arithmetic},
	operators.Multiply:        {instead: arithmetic},
	operators.Divide:          {instead: divide},
	operators.Modulo:          {instead: remainder},
	operators.In:              {instead: in},
	"string":                  {instead: text},
	"format":                  {instead: format},
	"json.encode":             {instead: encode},
	"sort":                    {instead: sortList},
	"@sortByAssociatedKeys":   {instead: sortByKeys},
	"distinct":                {instead: distinct},
	"math.@max":               {instead: pick},
	"math.@min":               {instead: pick},
	"replace":                 {price: priceReplace},
	"join":                    {price: priceJoin},
	"indexOf":                 {price: priceSearch},
	"lastIndexOf":             {price: priceSearch},
	"strings.quote":           {price: priceQuote},
	"lists.range":             {price: priceRange},
	"sets.contains":           {price: priceSets},
	"sets.equivalent":         {price: priceSets},
	"sets.intersects":         {price: priceSets},
	"getFullYear":             {price: priceZone},
	"getMonth":                {price: priceZone},
	"getDate":                 {price: priceZone},
	"getDayOfMonth":           {price: priceZone},
	"getDayOfWeek":            {price: priceZone},
	"getDayOfYear":            {price: priceZone},
	"getHours":                {price: priceZone},
	"getMinutes":              {price: priceZone},
	"getSeconds":              {price: priceZone},
	"getMilliseconds":         {price: priceZone},
	"flatten":                 {passes: true, price: priceFlatten},
	"size":                    {passes: true},
	"type":                    {passes: true},
	"dyn":                     {passes: true},
	"value":                   {passes: true},
	"hasValue":                {passes: true},
	"optional.of":             {passes: true},
	"optional.ofNonZeroValue": {passes: true},
	"optional.unwrap":         {passes: true},
	"unwrapOpt":               {passes: true},
	"first":                   {passes: true},
	"last":                    {passes: true},
	"slice":                   {passes: true},
	"reverse":                 {passes: true},
}

// priceReplace rejects a result that is too long before it is made: its length may be the product
// of those of two arguments.
func priceReplace(m *meter, args []ref.Val) error {
	if len(args) < 3 {
		return nil
	}
	source, _ := args[0].(types.String)
	from, _ := args[1].(types.String)
	count := strings.Count(string(source), string(from))
	if len(args) == 4 {
		if limit, ok := args[3].(types.Int); ok && limit >= 0 {
			count = int(min(limit, types.Int(count)))
		}
	}
	return m.makes(len(source) + count*max(length(args[2])-len(from), 0))
}

func priceJoin(m *meter, args []ref.Val) error {
	list, ok := args[0].(traits.Lister)
	if !ok {
		return nil
	}
	separator := 0
	if len(args) == 2 {
		separator = length(args[1])
	}
	total := 0
	for i := 0; i < sizeOf(list) && total <= maxString; i++ {
		total += separator + length(list.Get(types.Int(i)))
	}
	return m.makes(total)
}

// priceQuote covers building a string rune by rune in a growing buffer.
func priceQuote(m *meter, args []ref.Val) error {
	m.chargeTimes(length(args[0]), 4)
	return nil
}

func priceSearch(m *meter, args []ref.Val) error {
	if len(args) > 1 {
		m.chargeTimes(length(args[0])/4+1, length(args[1])+8)
	}
	return nil
}

func priceRange(m *meter, args []ref.Val) error {
	if n, ok := args[0].(types.Int); ok && n > 0 {
		m.chargeTimes(int(min(n, CostLimit)), 3*elementWork)
	}
	return nil
}

// priceZone covers loading a time zone.
func priceZone(m *meter, args []ref.Val) error {
	if len(args) > 1 {
		m.charge(4096)
	}
	return nil
}

func priceFlatten(m *meter, args []ref.Val) error {
	m.read(args[0])
	return nil
}

// priceSets covers comparing each element of one list with each of the other, both ways.
func priceSets(m *meter, args []ref.Val) error {
	one, isList := args[0].(traits.Lister)
	other, isOther := args[1].(traits.Lister)
	if isList && isOther {
		before := m.left
		m.read(other)
		m.chargeTimes(before-m.left, max(sizeOf(one)-1, 0))
		before = m.left
		m.read(one)
		m.chargeTimes(before-m.left, max(sizeOf(other)-1, 0))
	}
	return nil
}

// add copies both lists into a new one. CEL's own join would build slow lists of any length for
// free. The list that the macros map and filter build grows in place.
func add(m *meter, args []ref.Val, impl implementation) ref.Val {
	list, isList := args[0].(traits.Lister)
	other, isOther := args[1].(traits.Lister)
	if !isList || !isOther {
		return impl(m.operands(args))
	}
	if _, grows := list.(traits.MutableLister); grows {
		m.chargeTimes(sizeOf(other), elementWork)
		return impl(args)
	}
	return types.NewRefValList(adapter{}, append(elementsOf(list), elementsOf(other)...))
}

// in reads a list, but only looks up a key in a map.
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

// text implements string(): a number or a time is converted as in a template.
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

// format converts whole doubles to ints for %x, %o and %b. The other clauses print both alike.
func format(m *meter, args []ref.Val, impl implementation) ref.Val {
	list, ok := args[1].(traits.Lister)
	if !ok {
		return impl(args)
	}
	m.chargeTimes(sizeOf(list), 512) // full precision and the longest double, in addition to its text
	values := elementsOf(m.plain(list).(traits.Lister))
	for i, value := range values {
		if d, isDouble := value.(types.Double); isDouble {
			if whole, isWhole := asInt(d); isWhole {
				values[i] = whole
			}
		}
	}
	return impl([]ref.Val{m.plain(args[0]), types.NewRefValList(adapter{}, values)})
}

// encode implements json.encode(), with the same JSON as templates.
func encode(m *meter, args []ref.Val, _ implementation) ref.Val {
	out, err := appendJSON(nil, args[0], maxString)
	if err != nil {
		return types.WrapErr(err)
	}
	m.charge(len(out))
	return types.String(out)
}

// sortList implements sort(). It compares plain numbers, and elements keep their digits.
func sortList(m *meter, args []ref.Val, impl implementation) ref.Val {
	return sortByKeys(m, []ref.Val{args[0], args[0]}, func([]ref.Val) ref.Val { return impl(args) })
}

// sortByKeys implements the macro sortBy(). Keys must be of one type, or of numeric types. The sort
// is stable.
func sortByKeys(m *meter, args []ref.Val, impl implementation) ref.Val {
	const comparisons = 20 // per element, in the longest possible list
	list, isList := args[0].(traits.Lister)
	keys, areKeys := args[1].(traits.Lister)
	if !isList || !areKeys || sizeOf(list) != sizeOf(keys) {
		return impl(args)
	}
	before := m.left
	plain := m.plain(keys).(traits.Lister)
	m.chargeTimes(before-m.left, comparisons)

	type entry struct{ key, value ref.Val }
	entries := make([]entry, sizeOf(list))
	for i := range entries {
		entries[i] = entry{key: plain.Get(types.Int(i)), value: list.Get(types.Int(i))}
	}
	var failed ref.Val
	byKey := func(a, b entry) int {
		order, err := compare(a.key, b.key)
		if err != nil {
			failed = err
		}
		return order
	}
	if slices.SortStableFunc(entries, byKey); len(entries) == 1 {
		byKey(entries[0], entries[0]) // checks that the type can be ordered
	}
	if failed != nil {
		return failed
	}
	sorted := make([]ref.Val, len(entries))
	for i, e := range entries {
		sorted[i] = e.value
	}
	return types.NewRefValList(adapter{}, sorted)
}

func compare(a, b ref.Val) (int, ref.Val) {
	if comparer, ok := a.(traits.Comparer); ok {
		if order, ok := comparer.Compare(b).(types.Int); ok {
			return int(order), nil
		}
	}
	return 0, types.NewErr("cannot sort by %s and %s", a.Type().TypeName(), b.Type().TypeName())
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
			m.read(value)
		}
		if types.Equal(wanted, value) == types.True {
			return true
		}
	}
	return false
}

// pick returns the result of math.greatest or math.least with the digits of that argument.
func pick(m *meter, args []ref.Val, impl implementation) ref.Val {
	result := impl(m.plains(args))
	for _, arg := range args {
		candidates := []ref.Val{arg}
		if list, isList := arg.(traits.Lister); isList {
			candidates = elementsOf(list)
		}
		for _, candidate := range candidates {
			if n, isNumber := candidate.(number); isNumber && n.plain == result {
				return n
			}
		}
	}
	return result
}
