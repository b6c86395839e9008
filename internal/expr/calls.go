package expr

import (
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/decls"
	"github.com/google/cel-go/common/functions"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/interpreter"
)

// planner puts the meter into the nodes of one program. CEL's own cost tracking is not used: it
// leaves what long strings, shared lists and loops without calls take nearly free, and looks for
// each node's operands through all that an evaluation has done so far.
type planner struct {
	env     *environment
	weights map[int64]int
}

// decorate replaces a node, as it is planned, by one that is metered. Only constants are left.
func (p *planner) decorate(node interpreter.InterpretableV2) (interpreter.InterpretableV2, error) {
	switch n := node.(type) {
	case *meteredAttribute: // planned further: selections were added to it
		n.weight = max(p.weights[n.ID()], 1)
		return n, nil
	case *meteredCall, meteredLiteral, meteredNode, interpreter.InterpretableConst:
		return n, nil
	case interpreter.InterpretableCall:
		return p.env.meterCall(n), nil
	case interpreter.InterpretableAttribute:
		return &meteredAttribute{InterpretableAttribute: n, weight: max(p.weights[n.ID()], 1)}, nil
	case interpreter.InterpretableConstructor:
		return meteredLiteral{n, len(n.InitVals())}, nil
	default:
		return meteredNode{n}, nil
	}
}

// weightsOf counts, for each name, selection or conditional, the steps that it takes by itself:
// what else is in it is metered on its own.
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

// meteredLiteral is a list or map that is written in the expression.
type meteredLiteral struct {
	interpreter.InterpretableConstructor
	size int
}

func (l meteredLiteral) Exec(frame *interpreter.ExecutionFrame) ref.Val {
	m := meterOf(frame)
	m.steps(1)
	m.chargeTimes(l.size, 2*elementWork)
	return ordered(l.InterpretableConstructor.Exec(frame))
}

func (l meteredLiteral) Eval(vars interpreter.Activation) ref.Val {
	return l.Exec(interpreter.AsFrame(vars))
}

// meteredNode is a logical operator, a loop, or a default of an optional.
type meteredNode struct {
	interpreter.InterpretableV2
}

func (n meteredNode) Exec(frame *interpreter.ExecutionFrame) ref.Val {
	meterOf(frame).steps(1)
	return n.InterpretableV2.Exec(frame)
}

func (n meteredNode) Eval(vars interpreter.Activation) ref.Val {
	return n.Exec(interpreter.AsFrame(vars))
}

// meteredCall charges a call for its arguments before it runs, and gives it plain numbers.
type meteredCall struct {
	interpreter.InterpretableCall
	args  []interpreter.InterpretableV2
	wants []want // by argument, or nil
	rule  rule
	impl  implementation
}

// meterCall replaces a call by one that is metered. A call that decides itself whether its
// arguments may fail is only charged a step: it does nothing with them.
func (e *environment) meterCall(call interpreter.InterpretableCall) interpreter.InterpretableV2 {
	args := call.Args()
	impl := e.implementation(call)
	if len(args) == 0 || impl == nil {
		return meteredNode{call}
	}
	r := ruleFor(call.Function())
	if r.prepare != nil {
		r.instead = r.prepare(args)
	}
	wants := e.wants[signature{call.Function(), len(args)}]
	return &meteredCall{InterpretableCall: call, args: args, wants: wants, rule: r, impl: impl}
}

// implementation finds what a call does, or nil for one that is not strict.
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

func (c *meteredCall) Exec(frame *interpreter.ExecutionFrame) ref.Val {
	var few [3]ref.Val
	args := few[:0]
	for _, arg := range c.args {
		value := arg.Exec(frame)
		if types.IsUnknownOrError(value) {
			return value
		}
		args = append(args, value)
	}
	m := meterOf(frame)
	m.steps(1)
	m.chargeTimes(len(args), argumentWork)
	return types.LabelErrNode(c.ID(), c.call(m, args))
}

func (c *meteredCall) call(m *meter, args []ref.Val) ref.Val {
	for i, wanted := range c.wants {
		if wanted == wantsNothing {
			continue
		}
		given, err := wanted.give(c.Function(), args[i])
		if err != nil {
			return types.WrapErr(err)
		}
		args[i] = given
	}
	result := c.rule.run(m, args, c.impl)
	switch {
	case c.rule.passes || c.rule.picks:
		return result
	case types.IsError(result) && result.(*types.Err).String() == "no such overload":
		return decls.MaybeNoSuchOverload(c.Function(), args...) // names the types too
	default:
		return finite(result)
	}
}

func (c *meteredCall) Eval(vars interpreter.Activation) ref.Val {
	return c.Exec(interpreter.AsFrame(vars))
}
