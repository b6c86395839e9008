package expr

import (
	"fmt"
	"sync"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/checker"
	"github.com/google/cel-go/common/decls"
	"github.com/google/cel-go/common/functions"
	"github.com/google/cel-go/ext"

	"github.com/latch-run/latch/internal/vars"
)

// environment holds what one Use is compiled against.
type environment struct {
	cel      *cel.Env     // parses and plans
	checker  *checker.Env // type-checks, with the declarations of declare.go
	kinds    map[string]vars.Kind
	bindings map[string]*functions.Overload
	wants    map[signature][]want
}

// environments are built once, when the first expression is compiled: one per
// set of variables.
var environments = sync.OnceValue(func() map[vars.Scope]*environment {
	envs, err := newEnvironments()
	if err != nil {
		panic(fmt.Sprintf("expr: the CEL environment: %v", err))
	}
	return envs
})

func newEnvironments() (map[vars.Scope]*environment, error) {
	base, err := cel.NewEnv(append(versions(),
		cel.CustomTypeAdapter(adapter{}),
		cel.OptionalTypes(),
		ext.Strings(ext.StringsMaxPrecision(maxPrecision)),
		ext.Encoders(),
		ext.Math(),
		ext.Lists(),
		ext.Sets(),
		cel.DefaultUTCTimeZone(true),
		cel.EnableHiddenAccumulatorName(true),
		cel.ParserRecursionLimit(maxDepth),
		cel.ParserErrorRecoveryLimit(4),
		cel.ParserExpressionSizeLimit(MaxSource),
		cel.ASTValidators(cel.ValidateDurationLiterals(), cel.ValidateTimestampLiterals()),
	)...)
	if err != nil {
		return nil, err
	}
	bindings, err := bindingsOf(base)
	if err != nil {
		return nil, err
	}
	functions, err := newChecker(base)
	if err != nil {
		return nil, err
	}
	if err := declare(functions, base.Functions()); err != nil {
		return nil, err
	}
	envs := make(map[vars.Scope]*environment)
	for _, scope := range []vars.Scope{vars.Templates, vars.Decisions, vars.Success} {
		env := &environment{cel: base, kinds: make(map[string]vars.Kind), bindings: bindings, wants: wantsOf(base.Functions())}
		if env.checker, err = newChecker(base, checker.ValidatedDeclarations(functions)); err != nil {
			return nil, err
		}
		for _, variable := range vars.In(scope) {
			env.kinds[variable.Name] = variable.Kind
			if err := env.checker.AddIdents(decls.NewVariable(variable.Name, celType(variable.Kind))); err != nil {
				return nil, err
			}
		}
		envs[scope] = env
	}
	return envs, nil
}

// newChecker returns a type-checker that knows CEL's own types and those it
// inherits.
func newChecker(base *cel.Env, inherited ...checker.Option) (*checker.Env, error) {
	options := append(inherited, checker.CrossTypeNumericComparisons(true))
	env, err := checker.NewEnv(base.Container, base.CELTypeProvider(), options...)
	if err != nil {
		return nil, err
	}
	return env, env.AddIdents(base.Variables()...)
}

// bindingsOf returns the implementation of every function, by overload and by
// name.
func bindingsOf(env *cel.Env) (map[string]*functions.Overload, error) {
	bindings := make(map[string]*functions.Overload)
	for name, declaration := range env.Functions() {
		overloads, err := declaration.Bindings()
		if err != nil {
			return nil, fmt.Errorf("the function %s: %w", name, err)
		}
		for _, overload := range overloads {
			bindings[overload.Operator] = overload
		}
	}
	return bindings, nil
}
