package expr

import (
	"strings"

	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"github.com/google/cel-go/interpreter"
)

// rule is how a function is metered. The zero rule charges for reading all arguments, makes their
// numbers plain and calls.
type rule struct {
	// passes says that arguments only pass through: numbers keep their digits, nothing is read.
	passes bool
	// picks says that the result is one of the arguments, so that its digits can be given back.
	picks bool
	// price charges for more than reading the arguments, before the call.
	price func(m *meter, args []ref.Val) error
	// instead calls in a way of its own.
	instead call
	// prepare gives instead from the arguments' nodes, when the program is planned.
	prepare func(args []interpreter.InterpretableV2) call
}

// implementation is what a function does; call is how it is called.
type (
	implementation func(args []ref.Val) ref.Val
	call           func(m *meter, args []ref.Val, impl implementation) ref.Val
)

func (r rule) run(m *meter, args []ref.Val, impl implementation) ref.Val {
	if r.instead != nil {
		return r.instead(m, args, impl)
	}
	given := args
	if !r.passes {
		given = make([]ref.Val, len(args))
		for i, arg := range args {
			given[i] = m.plain(arg)
		}
	}
	if r.price != nil {
		if err := r.price(m, given); err != nil {
			return types.WrapErr(err)
		}
	}
	result := impl(given)
	if r.picks {
		return restore(result, args)
	}
	return result
}

func ruleFor(function string) rule { return rules[function] }

// rules are the functions that are not metered by the zero rule.
var rules = map[string]rule{
	operators.Add:             {instead: add},
	operators.Subtract:        {instead: arithmetic},
	operators.Multiply:        {instead: arithmetic},
	operators.Divide:          {instead: divide},
	operators.Modulo:          {instead: remainder},
	operators.In:              {instead: in},
	"replace":                 {price: priceReplace},
	"join":                    {price: priceJoin},
	"split":                   {price: priceSplit},
	"format":                  {instead: format},
	"indexOf":                 {price: priceSearch},
	"lastIndexOf":             {price: priceSearch},
	"strings.quote":           {price: priceDouble},
	"base64.encode":           {price: priceDouble},
	"string":                  {instead: text},
	"json.encode":             {instead: encode},
	"matches":                 {prepare: prepareMatches},
	"lists.range":             {price: priceRange},
	"size":                    {passes: true, price: priceStrings},
	"type":                    {passes: true},
	"dyn":                     {passes: true},
	"value":                   {passes: true},
	"hasValue":                {passes: true},
	"optional.of":             {passes: true},
	"optional.ofNonZeroValue": {passes: true},
	"optional.unwrap":         {passes: true, price: priceElements},
	"unwrapOpt":               {passes: true, price: priceElements},
	"first":                   {passes: true},
	"last":                    {passes: true},
	"slice":                   {instead: slice},
	"reverse":                 {passes: true, price: priceReverse},
	"flatten":                 {passes: true, price: priceFlatten},
	"sort":                    {instead: sortList},
	"@sortByAssociatedKeys":   {instead: sortByKeys},
	"distinct":                {instead: distinct},
	"sets.contains":           {price: priceSets},
	"sets.equivalent":         {price: priceSets},
	"sets.intersects":         {price: priceSets},
	"math.@max":               {picks: true},
	"math.@min":               {picks: true},
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
}

// made charges for a string that a call is about to make, or refuses it.
func (m *meter) made(bytes int) error {
	if bytes < 0 || bytes > maxString {
		return outputTooLarge(maxString)
	}
	m.charge(bytes)
	return nil
}

func priceStrings(m *meter, args []ref.Val) error {
	for _, arg := range args {
		m.charge(length(arg))
	}
	return nil
}

// priceReverse charges a list by its elements, and a string by what it is
// copied into on the way, a rune of four bytes for each character.
func priceReverse(m *meter, args []ref.Val) error {
	if n := length(args[0]); n > 0 {
		m.charge(4 * n)
		return nil
	}
	return priceElements(m, args)
}

func priceDouble(m *meter, args []ref.Val) error { return m.made(2 * length(args[0])) }

func priceReplace(m *meter, args []ref.Val) error {
	if len(args) < 3 {
		return nil
	}
	from, _ := args[1].(types.String)
	source, _ := args[0].(types.String)
	count := strings.Count(string(source), string(from))
	if len(args) == 4 {
		if limit, ok := args[3].(types.Int); ok && limit >= 0 && int64(limit) < int64(count) {
			count = int(limit)
		}
	}
	return m.made(len(source) + count*max(length(args[2])-len(from), 0))
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
	for i := range sizeOf(list) {
		total += separator + length(list.Get(types.Int(i)))
		if total > maxString {
			break
		}
	}
	return m.made(total)
}

func priceSplit(m *meter, args []ref.Val) error {
	if len(args) < 2 {
		return nil
	}
	source, _ := args[0].(types.String)
	separator, _ := args[1].(types.String)
	m.chargeTimes(strings.Count(string(source), string(separator))+1, elementWork)
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
		m.chargeTimes(int(min(n, CostLimit)), 4*elementWork)
	}
	return nil
}

// priceZone covers reading a time zone.
func priceZone(m *meter, args []ref.Val) error {
	if len(args) > 1 {
		m.charge(4096)
	}
	return nil
}

func priceElements(m *meter, args []ref.Val) error {
	if list, ok := args[0].(traits.Lister); ok {
		m.chargeTimes(sizeOf(list), elementWork)
	}
	return nil
}

func priceFlatten(m *meter, args []ref.Val) error {
	m.plain(args[0])
	return nil
}

func priceSets(m *meter, args []ref.Val) error {
	a, aOK := args[0].(traits.Lister)
	b, bOK := args[1].(traits.Lister)
	if aOK && bOK {
		m.chargePairs(a, b)
		m.chargePairs(b, a)
	}
	return nil
}

// chargePairs charges for comparing each element of one list with all of the other.
func (m *meter) chargePairs(one, all traits.Lister) {
	before := m.left
	m.plain(all)
	m.chargeTimes(before-m.left, max(sizeOf(one)-1, 0))
}
