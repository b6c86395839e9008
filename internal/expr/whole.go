package expr

import (
	"fmt"
	"math"

	"github.com/google/cel-go/common/decls"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
)

// A number in the data is a double. If a function wants an int, as charAt does for its position, a
// whole double is accepted, and an int if it wants a double, as math.ceil does.

// signature identifies the overloads of a function with a number of arguments, including its
// target.
type signature struct {
	function string
	arity    int
}

// want is the kind of number that a function wants for an argument.
type want int

const (
	wantsNothing want = iota // not a number, or a number of either kind
	wantsInt
	wantsDouble
)

// wantsOf returns, for each function that wants numbers of one kind, what it wants for each
// argument.
func wantsOf(functions map[string]*decls.FunctionDecl) map[signature][]want {
	wants := make(map[signature][]want)
	for name, function := range functions {
		if isArithmetic(name) {
			continue
		}
		for arity, overloads := range byArity(function) {
			if found := wantsOfOverloads(overloads, arity); found != nil {
				wants[signature{name, arity}] = found
			}
		}
	}
	return wants
}

func byArity(function *decls.FunctionDecl) map[int][]*decls.OverloadDecl {
	overloads := make(map[int][]*decls.OverloadDecl)
	for _, o := range function.OverloadDecls() {
		overloads[len(o.ArgTypes())] = append(overloads[len(o.ArgTypes())], o)
	}
	return overloads
}

// wantsOfOverloads returns nil if they want nothing.
func wantsOfOverloads(overloads []*decls.OverloadDecl, arity int) []want {
	var wants []want
	for i := range arity {
		kinds := make(map[types.Kind]bool)
		for _, o := range overloads {
			kinds[o.ArgTypes()[i].Kind()] = true
		}
		wanted := wantsNothing
		switch {
		case kinds[types.DynKind] || kinds[types.TypeParamKind] || kinds[types.IntKind] && kinds[types.DoubleKind]:
		case kinds[types.IntKind]:
			wanted = wantsInt
		case kinds[types.DoubleKind]:
			wanted = wantsDouble
		}
		if wanted != wantsNothing && wants == nil {
			wants = make([]want, arity)
		}
		if wants != nil {
			wants[i] = wanted
		}
	}
	return wants
}

// give converts an argument to the number that is wanted. Any other value is returned unchanged.
func (w want) give(function string, arg ref.Val) (ref.Val, error) {
	if n, ok := arg.(number); ok {
		arg = n.plain
	}
	switch v := arg.(type) {
	case types.Double:
		if w == wantsInt {
			return whole(function, v)
		}
	case types.Int:
		if w == wantsDouble {
			return types.Double(v), nil
		}
	}
	return arg, nil
}

// whole converts a whole double to an int.
func whole(function string, d types.Double) (ref.Val, error) {
	if i, ok := asInt(d); ok {
		return i, nil
	}
	return nil, fmt.Errorf("%s wants a whole number, this is %v; round it with int(…) or math.round(…)", function, float64(d))
}

// asInt converts a double to an int, and reports whether it is whole and fits into 64 bits.
func asInt(d types.Double) (types.Int, bool) {
	f := float64(d)
	if f != math.Trunc(f) || f < math.MinInt64 || f >= math.MaxInt64 { // the constant rounds up to 2^63
		return 0, false
	}
	return types.Int(f), true
}
