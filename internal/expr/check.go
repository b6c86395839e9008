package expr

import (
	"fmt"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/checker"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/decls"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
)

// check parses and type-checks a source. It takes time and memory in proportion to the length of
// the source, whatever it contains: see declare.go for functions, and standIns for lists and maps.
func (e *environment) check(source string) (*ast.AST, *CompileError) {
	parsed, issues := e.cel.Parse(source)
	if wrong := issues.Errors(); len(wrong) > 0 { // Err would repeat the source for each
		return nil, issuesError(source, wrong, e.kinds)
	}
	stand, err := standInsFor(parsed.NativeRep())
	if err != nil {
		return nil, &CompileError{Source: source, Message: err.Error(), cause: ErrTooLarge}
	}
	checked, errs := checker.Check(parsed.NativeRep(), parsed.Source(), e.checker)
	stand.leave()
	found := cel.NewIssuesWithSourceInfo(errs, checked.SourceInfo())
	for _, validator := range e.cel.Validators() {
		if len(found.Errors()) == 0 {
			validator.Validate(e.cel, nil, checked, found)
		}
	}
	if wrong := found.Errors(); len(wrong) > 0 {
		return nil, issuesError(source, wrong, e.kinds)
	}
	return checked, nil
}

// Names of stand-ins while an expression is checked. No source can spell them.
const (
	anything  = "@any"
	emptyList = "@list"
	emptyMap  = "@map"
)

// declareStandIns declares the stand-ins to the checker.
func declareStandIns(env *checker.Env) error {
	function, err := decls.NewFunction(anything, decls.Overload(anything, []*types.Type{types.DynType}, types.DynType))
	if err != nil {
		return err
	}
	if err := env.AddFunctions(function); err != nil {
		return err
	}
	return env.AddIdents(
		decls.NewVariable(emptyList, types.NewListType(types.DynType)),
		decls.NewVariable(emptyMap, types.NewMapType(types.DynType, types.DynType)))
}

// standIns keep the types of lists and maps small while an expression is checked. The checker sees
// elements as dyn unless they are literals; otherwise [1].map(x, {x: x}).map(x, {x: x})… would
// double its type with every level. The elements of an empty list or map are dyn too, because CEL
// would search for a type that fits.
type standIns struct {
	factory ast.ExprFactory
	nodes   int
	id      int64 // of the last stand-in; ids in the source are positive
	undo    []func()
}

// standInsFor puts stand-ins into an expression. It rejects an expression with too many nodes.
func standInsFor(parsed *ast.AST) (*standIns, error) {
	s := &standIns{factory: ast.NewExprFactory()}
	ast.PostOrderVisit(parsed.Expr(), ast.NewExprVisitor(s.node))
	if s.nodes > maxNodes {
		s.leave()
		return nil, fmt.Errorf("%w: the expression has %d names, literals and calls, its macros written out; the limit is %d", ErrTooLarge, s.nodes, maxNodes)
	}
	return s, nil
}

// leave restores the original nodes.
func (s *standIns) leave() {
	for _, undo := range s.undo {
		undo()
	}
}

func (s *standIns) node(e ast.Expr) {
	s.nodes++
	switch e.Kind() {
	case ast.ListKind:
		s.list(e)
	case ast.MapKind:
		s.mapLiteral(e)
	}
}

// replace substitutes a node until leave is called.
func (s *standIns) replace(e, original, standIn ast.Expr) {
	e.SetKindCase(standIn)
	s.undo = append(s.undo, func() { e.SetKindCase(original) })
}

func (s *standIns) list(e ast.Expr) {
	list := e.AsList()
	original := s.factory.NewList(e.ID(), list.Elements(), list.OptionalIndices())
	if list.Size() == 0 {
		s.replace(e, original, s.factory.NewIdent(e.ID(), emptyList))
		return
	}
	elements := make([]ast.Expr, list.Size())
	for i, element := range list.Elements() {
		elements[i] = element
		if !list.IsOptional(int32(i)) { // the elements of an optional are already dyn
			elements[i] = s.dyn(element)
		}
	}
	s.replace(e, original, s.factory.NewList(e.ID(), elements, list.OptionalIndices()))
}

func (s *standIns) mapLiteral(e ast.Expr) {
	entries := e.AsMap().Entries()
	original := s.factory.NewMap(e.ID(), entries)
	if len(entries) == 0 {
		s.replace(e, original, s.factory.NewIdent(e.ID(), emptyMap))
		return
	}
	loose := make([]ast.EntryExpr, len(entries))
	for i, each := range entries {
		entry := each.AsMapEntry()
		value := entry.Value()
		if !entry.IsOptional() {
			value = s.dyn(value)
		}
		loose[i] = s.factory.NewMapEntry(each.ID(), s.dyn(entry.Key()), value, entry.IsOptional())
	}
	s.replace(e, original, s.factory.NewMap(e.ID(), loose))
}

// dyn wraps an expression so that its type is dyn, unless it is a literal.
func (s *standIns) dyn(e ast.Expr) ast.Expr {
	if e.Kind() == ast.LiteralKind {
		return e
	}
	s.id--
	return s.factory.NewCall(s.id, anything, e)
}

// typeOf returns an expression's type. It knows more than the checker, to which declare.go shows
// many results as dyn: a conditional has the type that its branches share, and arithmetic gives a
// number.
func typeOf(checked *ast.AST, e ast.Expr) *types.Type {
	known := checked.GetType(e.ID())
	if e.Kind() != ast.CallKind || known.Kind() != types.DynKind {
		return known
	}
	args := e.AsCall().Args()
	switch name := e.AsCall().FunctionName(); {
	case name == operators.Conditional:
		if yes := typeOf(checked, args[1]); yes.IsExactType(typeOf(checked, args[2])) {
			return yes
		}
	case isArithmetic(name) && (isNumber(typeOf(checked, args[0])) || isNumber(typeOf(checked, args[1]))):
		return types.DoubleType
	}
	return known
}
