package expr

import (
	"fmt"
	"math"

	"github.com/google/cel-go/common/decls"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
)

// A number of the data is a double. Where a function wants an int, as charAt does for its position,
// a whole double is taken for one, and an int where it wants a double, as math.ceil does.

// signature names the overloads of a function with as many arguments, its target included.
type signature struct {
	function string
	arity    int
}

// want is the kind of number that a function wants as one of its arguments.
type want int

const (
	wantsNothing want = iota // it is no number, or may be of either kind
	wantsInt
	wantsDouble
)

// wantsOf lists, for the functions that want numbers of one kind, what they want of each argument.
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

// wantsOfOverloads returns nil where they want nothing.
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

// give makes an argument the number that is wanted. What is no number is left as it is.
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

// whole returns a double as the int that it is.
func whole(function string, d types.Double) (ref.Val, error) {
	if i, ok := asInt(d); ok {
		return i, nil
	}
	return nil, fmt.Errorf("%s wants a whole number, this is %v; round it with int(…) or math.round(…)", function, float64(d))
}

// asInt reports whether a double is an int of 64 bits.
func asInt(d types.Double) (types.Int, bool) {
	f := float64(d)
	if f != math.Trunc(f) || f < math.MinInt64 || f >= math.MaxInt64 { // the constant rounds up to 2^63
		return 0, false
	}
	return types.Int(f), true
}
