package expr

import (
	"fmt"
	"maps"
	"sync"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/functions"
	"github.com/google/cel-go/ext"
)

// environment is what one Use compiles against.
type environment struct {
	cel      *cel.Env
	kinds    map[string]kind
	bindings map[string]*functions.Overload
}

// environments are built once, at the first expression: one for each set of variables.
var environments = sync.OnceValue(func() map[scopeKind]*environment {
	base, err := cel.NewEnv(
		cel.CustomTypeAdapter(adapter{}),
		cel.OptionalTypes(),
		ext.Strings(ext.StringsMaxPrecision(maxPrecision)),
		ext.Encoders(),
		ext.Math(),
		ext.Lists(),
		ext.Sets(),
		cel.CrossTypeNumericComparisons(true),
		cel.DefaultUTCTimeZone(true),
		cel.EnableHiddenAccumulatorName(true),
		cel.ParserRecursionLimit(maxDepth),
		cel.ParserErrorRecoveryLimit(4),
		cel.ParserExpressionSizeLimit(MaxSource),
		cel.ExpressionNodeLimit(maxNodes),
		cel.ASTValidators(cel.ValidateDurationLiterals(), cel.ValidateTimestampLiterals()),
	)
	if err != nil {
		panic(fmt.Sprintf("expr: the CEL environment: %v", err))
	}
	bindings := bindingsOf(base)
	envs := make(map[scopeKind]*environment)
	for which, extra := range map[scopeKind]string{templateScope: "", decisionScope: "history", responseScope: "response"} {
		kinds := maps.Clone(templateVariables)
		if extra != "" {
			kinds[extra] = objectKind
		}
		var options []cel.EnvOption
		for name, k := range kinds {
			options = append(options, cel.Variable(name, k.celType()))
		}
		extended, err := base.Extend(options...)
		if err != nil {
			panic(fmt.Sprintf("expr: the CEL environment: %v", err))
		}
		envs[which] = &environment{cel: extended, kinds: kinds, bindings: bindings}
	}
	return envs
})

// scopeKind says which variables an expression sees.
type scopeKind int

const (
	templateScope scopeKind = iota // the variables of templates
	decisionScope                  // these and history
	responseScope                  // these and response
)

// bindingsOf collects the implementation of every function, by overload and by name.
func bindingsOf(env *cel.Env) map[string]*functions.Overload {
	bindings := make(map[string]*functions.Overload)
	for name, declaration := range env.Functions() {
		overloads, err := declaration.Bindings()
		if err != nil {
			panic(fmt.Sprintf("expr: the CEL function %s: %v", name, err))
		}
		for _, overload := range overloads {
			bindings[overload.Operator] = overload
		}
	}
	return bindings
}
