package expr

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/google/cel-go/checker"
	"github.com/google/cel-go/common/decls"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
)

// The type-checker is told something else about CEL's functions than CEL declares, in two ways.
//
// Type parameters are dyn. CEL's checker copies everything that it knows about type parameters for
// every function that it checks, which takes 10 s for an expression of 16 KB that only compares;
// and types made of parameters can double with every level. Without parameters, checking takes
// about as long as parsing. Equality, for which CEL relies on them, is checked in equality.go.
//
// A double is accepted wherever CEL wants an int, and vice versa: the value decides at run time
// (arithmetic.go, whole.go).

// declare declares functions to the checker.
func declare(env *checker.Env, functions map[string]*decls.FunctionDecl) error {
	for _, function := range functions {
		if function.IsDeclarationDisabled() {
			continue
		}
		declared, err := declaration(function)
		if err != nil {
			return fmt.Errorf("the function %s: %w", function.Name(), err)
		}
		if err := env.AddFunctions(declared); err != nil {
			return fmt.Errorf("the function %s: %w", function.Name(), err)
		}
	}
	return declareStandIns(env)
}

func declaration(function *decls.FunctionDecl) (*decls.FunctionDecl, error) {
	var options []decls.FunctionOpt
	for _, o := range function.OverloadDecls() {
		options = append(options, signatureOf(o, o.ID(), o.ArgTypes()))
	}
	declared, err := decls.NewFunction(function.Name(), options...)
	if err != nil {
		return nil, err
	}
	if isArithmetic(function.Name()) {
		return withMixedNumbers(declared)
	}
	return withOtherNumbers(declared)
}

// signatureOf returns an overload without type parameters.
func signatureOf(o *decls.OverloadDecl, id string, args []*types.Type) decls.FunctionOpt {
	loose := make([]*types.Type, len(args))
	for i, arg := range args {
		loose[i] = withoutParameters(arg)
	}
	if o.IsMemberFunction() {
		return decls.MemberOverload(id, loose, withoutParameters(o.ResultType()))
	}
	return decls.Overload(id, loose, withoutParameters(o.ResultType()))
}

// withoutParameters replaces the parameters of a type by dyn.
func withoutParameters(t *types.Type) *types.Type {
	switch t.Kind() {
	case types.TypeParamKind:
		return types.DynType
	case types.ListKind:
		return types.NewListType(withoutParameters(t.Parameters()[0]))
	case types.MapKind:
		return types.NewMapType(withoutParameters(t.Parameters()[0]), withoutParameters(t.Parameters()[1]))
	case types.OpaqueKind:
		var parameters []*types.Type
		for _, parameter := range t.Parameters() {
			parameters = append(parameters, withoutParameters(parameter))
		}
		return types.NewOpaqueType(t.TypeName(), parameters...)
	case types.TypeKind:
		if len(t.Parameters()) > 0 {
			return types.NewTypeTypeWithParam(withoutParameters(t.Parameters()[0]))
		}
	}
	return t
}

// withMixedNumbers adds overloads of an operator for an int with a double.
func withMixedNumbers(function *decls.FunctionDecl) (*decls.FunctionDecl, error) {
	pairs := [][2]*types.Type{
		{types.IntType, types.DoubleType}, {types.DoubleType, types.IntType},
		{types.UintType, types.DoubleType}, {types.DoubleType, types.UintType},
	}
	if function.Name() == operators.Modulo {
		pairs = append(pairs, [2]*types.Type{types.DoubleType, types.DoubleType})
	}
	var options []decls.FunctionOpt
	for _, pair := range pairs {
		id := function.Name() + "@" + pair[0].TypeName() + "_" + pair[1].TypeName()
		options = append(options, decls.Overload(id, pair[:], types.DoubleType))
	}
	mixed, err := decls.NewFunction(function.Name(), options...)
	if err != nil {
		return nil, err
	}
	return function.Merge(mixed)
}

// withOtherNumbers adds to every overload the ones with a double in place of an int, or an int in
// place of a double, unless the function already has such an overload.
func withOtherNumbers(function *decls.FunctionDecl) (*decls.FunctionDecl, error) {
	for _, o := range slices.Clone(function.OverloadDecls()) {
		for n, args := range otherNumbers(o.ArgTypes()) {
			extra, err := decls.NewFunction(function.Name(), signatureOf(o, o.ID()+"@"+strconv.Itoa(n), args))
			if err != nil {
				return nil, err
			}
			if slices.ContainsFunc(function.OverloadDecls(), extra.OverloadDecls()[0].SignatureOverlaps) {
				continue
			}
			if function, err = function.Merge(extra); err != nil {
				return nil, err
			}
		}
	}
	return function, nil
}

// otherNumbers returns the arguments with every choice of ints and doubles swapped.
func otherNumbers(args []*types.Type) [][]*types.Type {
	choices := [][]*types.Type{args}
	for i, arg := range args {
		var other *types.Type
		switch arg.Kind() {
		case types.IntKind:
			other = types.DoubleType
		case types.DoubleKind:
			other = types.IntType
		default:
			continue
		}
		for _, choice := range slices.Clone(choices) {
			swapped := slices.Clone(choice)
			swapped[i] = other
			choices = append(choices, swapped)
		}
	}
	return choices[1:]
}
