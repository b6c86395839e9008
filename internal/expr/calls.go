package expr

import (
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/decls"
	"github.com/google/cel-go/common/functions"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/overloads"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/interpreter"
)

// planner puts the meter into the nodes of one program. CEL's own cost tracking is not sufficient,
// whatever the estimator: it charges a call only after the call has returned, counts only the
// outermost size of a list that contains itself many times, and searches for the operands of a node
// through all that a loop has left on its stack. Tried on the attacks of hostile_test.go, it let
// fourteen of them run out of memory or run for more than twelve seconds. Calls need a node of our
// own in any case: it is where numbers keep their digits.
type planner struct {
	env     *environment
	weights map[int64]int
}

// decorate replaces each planned node, except constants, by a metered one.
func (p *planner) decorate(planned interpreter.InterpretableV2) (interpreter.InterpretableV2, error) {
	switch n := planned.(type) {
	case *meteredAttribute: // planned again after selections were added to it
		n.weight = max(p.weights[n.ID()], 1)
		return n, nil
	case *metered, interpreter.InterpretableConst:
		return n, nil
	case interpreter.InterpretableCall:
		return p.env.call(n), nil
	case interpreter.InterpretableAttribute:
		return &meteredAttribute{InterpretableAttribute: n, weight: max(p.weights[n.ID()], 1)}, nil
	case interpreter.InterpretableConstructor:
		return &metered{n, func(frame *interpreter.ExecutionFrame, m *meter) ref.Val {
			m.chargeTimes(len(n.InitVals()), 2*elementWork)
			return ordered(n.Exec(frame))
		}}, nil
	default: // a logical operator, a loop, or the default of an optional
		return unchanged(n), nil
	}
}

// metered is a planned node that costs one step.
type metered struct {
	interpreter.InterpretableV2
	exec func(*interpreter.ExecutionFrame, *meter) ref.Val
}

func (n *metered) Exec(frame *interpreter.ExecutionFrame) ref.Val {
	m := meterOf(frame)
	m.steps(1)
	return n.exec(frame, m)
}

func (n *metered) Eval(vars interpreter.Activation) ref.Val { return n.Exec(interpreter.AsFrame(vars)) }

func unchanged(planned interpreter.InterpretableV2) *metered {
	return &metered{planned, func(frame *interpreter.ExecutionFrame, _ *meter) ref.Val { return planned.Exec(frame) }}
}

// meteredAttribute is a name with its selections, or a conditional.
type meteredAttribute struct {
	interpreter.InterpretableAttribute
	weight int
}

func (a *meteredAttribute) Exec(frame *interpreter.ExecutionFrame) ref.Val {
	meterOf(frame).steps(a.weight)
	return a.InterpretableAttribute.Exec(frame)
}

func (a *meteredAttribute) Eval(vars interpreter.Activation) ref.Val {
	return a.Exec(interpreter.AsFrame(vars))
}

// weightsOf counts, for each name, selection or conditional, the steps that it takes by itself. Its
// subexpressions are metered on their own.
func weightsOf(checked *ast.AST) map[int64]int {
	weights := make(map[int64]int)
	ast.PostOrderVisit(checked.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		switch e.Kind() {
		case ast.IdentKind:
			weights[e.ID()] = 1
		case ast.SelectKind:
			weights[e.ID()] = 1 + weights[e.AsSelect().Operand().ID()]
		case ast.CallKind:
			switch args := e.AsCall().Args(); e.AsCall().FunctionName() {
			case operators.Index, operators.OptIndex, operators.OptSelect:
				weights[e.ID()] = 1 + weights[args[0].ID()] + weights[args[1].ID()]
			case operators.Conditional:
				weights[e.ID()] = 1 + weights[args[1].ID()] + weights[args[2].ID()]
			}
		}
	}))
	return weights
}

// call replaces a call by one that is charged for its arguments before it runs and for its result
// afterwards, and that sees CEL's own numbers. A non-strict call is charged only one step, because
// it does nothing with its arguments.
func (e *environment) call(planned interpreter.InterpretableCall) interpreter.InterpretableV2 {
	name, args := planned.Function(), planned.Args()
	impl := e.implementation(planned)
	if len(args) == 0 || impl == nil {
		return unchanged(planned)
	}
	r := rules[name]
	if name == overloads.Matches {
		r.instead = matches(args[1])
	}
	c := &meteredCall{name: name, wants: e.wants[signature{name, len(args)}], rule: r, impl: impl}
	return &metered{planned, func(frame *interpreter.ExecutionFrame, m *meter) ref.Val {
		values := make([]ref.Val, len(args))
		for i, arg := range args {
			if values[i] = arg.Exec(frame); types.IsUnknownOrError(values[i]) {
				return values[i]
			}
		}
		return types.LabelErrNode(planned.ID(), c.run(m, values))
	}}
}

// implementation returns the implementation of a call, or nil if the call is not strict.
func (e *environment) implementation(call interpreter.InterpretableCall) implementation {
	switch call.Function() {
	case operators.Equals:
		return equal
	case operators.NotEquals:
		return notEqual
	}
	overload := e.bindings[call.OverloadID()]
	if overload == nil {
		overload = e.bindings[call.Function()]
	}
	if overload == nil || overload.NonStrict {
		return nil
	}
	return invoke(overload, call.Function(), len(call.Args()))
}

func invoke(overload *functions.Overload, name string, arity int) implementation {
	var call implementation
	switch {
	case arity == 1 && overload.Unary != nil:
		call = func(args []ref.Val) ref.Val { return overload.Unary(args[0]) }
	case arity == 2 && overload.Binary != nil:
		call = func(args []ref.Val) ref.Val { return overload.Binary(args[0], args[1]) }
	case overload.Function != nil:
		call = func(args []ref.Val) ref.Val { return overload.Function(args...) }
	default:
		return nil
	}
	if overload.OperandTrait == 0 {
		return call
	}
	return func(args []ref.Val) ref.Val {
		if !args[0].Type().HasTrait(overload.OperandTrait) {
			return decls.MaybeNoSuchOverload(name, args...)
		}
		return call(args)
	}
}

type meteredCall struct {
	name  string
	wants []want // by argument, or nil
	rule  rule
	impl  implementation
}

func (c *meteredCall) run(m *meter, args []ref.Val) ref.Val {
	m.chargeTimes(len(args), argumentWork)
	for i, wanted := range c.wants {
		if wanted == wantsNothing {
			continue
		}
		given, err := wanted.give(c.name, args[i])
		if err != nil {
			return types.WrapErr(err)
		}
		args[i] = given
	}
	result := c.rule.run(m, args, c.impl)
	if types.IsError(result) && result.(*types.Err).String() == "no such overload" {
		return decls.MaybeNoSuchOverload(c.name, args...) // its message names the types
	}
	return m.made(finite(result))
}
