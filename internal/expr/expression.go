package expr

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/overloads"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"

	"github.com/latch-run/latch/internal/vars"
)

// Use says what an expression is for, which determines its type and its variables.
type Use int

const (
	// When is an event's `when`: a bool that sees the variables of templates.
	When Use = iota
	// StopRelease is `stop_release`: a bool that sees history as well.
	StopRelease
	// RollbackRelease is `rollback_release`: a bool that sees history as well.
	RollbackRelease
	// Result is `result`: the string "pass" or "fail"; it sees history as well.
	Result
	// Success is an http task's `success`: a bool that sees response as well.
	Success

	// inTemplate is an expression in ${…}, of any type.
	inTemplate
)

// The decisions of a hook that sets none (contract, "Decisions").
const (
	DefaultStopRelease     = `history.result == 'fail' && history.data[?'stop_release'].orValue(false) == true`
	DefaultRollbackRelease = `history.result == 'fail' && history.data[?'rollback_release'].orValue(false) == true`
)

// Default returns the expression that is used if none is given, or "".
func (u Use) Default() string {
	switch u {
	case StopRelease:
		return DefaultStopRelease
	case RollbackRelease:
		return DefaultRollbackRelease
	default:
		return ""
	}
}

// String returns the expression's key in a spec.
func (u Use) String() string {
	return [...]string{When: "when", StopRelease: "stop_release", RollbackRelease: "rollback_release",
		Result: "result", Success: "success", inTemplate: "template"}[u]
}

// environment returns the environment for the use.
func (u Use) environment() *environment {
	switch u {
	case StopRelease, RollbackRelease, Result:
		return environments()[vars.Decisions]
	case Success:
		return environments()[vars.Success]
	default:
		return environments()[vars.Templates]
	}
}

// check rejects an expression whose type cannot be the one that the use needs.
func (u Use) check(result *cel.Type) error {
	want := cel.BoolType
	switch u {
	case inTemplate:
		return nil
	case Result:
		want = cel.StringType
	}
	if result.IsExactType(want) || result.IsExactType(cel.DynType) {
		return nil
	}
	hint := ""
	if result.TypeName() == "optional_type" {
		hint = "; give it a default with .orValue(…)"
	}
	return fmt.Errorf("%s must be %s, this is %s%s", u, want, result, hint)
}

// Expression is a compiled CEL expression. It is immutable and safe for concurrent use.
type Expression struct {
	source  string
	use     Use
	program cel.Program
	kinds   map[string]vars.Kind
	reads   []*read
	uses    []string // the roots of reads, sorted
	alone   bool     // it does nothing but select one value
}

// Compile parses, type-checks and plans an expression. Recently compiled expressions are cached, so
// that compiling them again is cheap. The error is a [*CompileError].
func Compile(source string, use Use) (*Expression, error) {
	key := expressionKey{use, source}
	if err, found := refused.get(key); found {
		return nil, err
	}
	return compiled.orCompile(key, len(source), func() (*Expression, error) {
		e, err := compile(source, use)
		var wrong *CompileError
		if errors.As(err, &wrong) {
			refused.put(key, wrong, len(source))
		}
		return e, err
	})
}

func compile(source string, use Use) (e *Expression, err error) {
	defer func() {
		if r := recover(); r != nil { // a bug in the CEL library must not crash the caller
			e, err = nil, &CompileError{Source: source, Message: fmt.Sprintf("the CEL compiler failed: %v", r)}
		}
	}()
	switch {
	case len(source) > MaxSource:
		return nil, &CompileError{Source: source, Message: fmt.Sprintf("the expression is over %d KiB", MaxSource>>10), cause: ErrTooLarge}
	case !utf8.ValidString(source):
		return nil, &CompileError{Source: source, Message: "the expression is not UTF-8"}
	case strings.TrimSpace(source) == "":
		return nil, &CompileError{Source: source, Line: 1, Column: 1, Message: "the expression is empty"}
	}
	env := use.environment()
	checked, wrong := env.check(source)
	if wrong != nil {
		return nil, wrong
	}
	if err := use.check(typeOf(checked, checked.Expr())); err != nil {
		return nil, &CompileError{Source: source, Line: 1, Column: 1, Message: err.Error()}
	}
	reads, alone := readsOf(checked, env.kinds)
	if err := refuse(source, checked, reads); err != nil {
		return nil, err
	}
	metered := &planner{env: env, weights: weightsOf(checked)}
	program, err := env.cel.PlanProgram(checked, cel.CustomDecoratorV2(metered.decorate))
	if err != nil {
		return nil, &CompileError{Source: source, Message: err.Error()}
	}
	return &Expression{source: source, use: use, program: program, kinds: env.kinds, reads: reads, uses: usesOf(reads), alone: alone}, nil
}

// issuesError reports the first issue with its position, followed by the others.
func issuesError(source string, all []*cel.Error, kinds map[string]vars.Kind) *CompileError {
	first := all[0]
	message, names := plainly(source, first.Message)
	hint := hintFor(first.Message)
	for _, other := range all[1:min(len(all), 5)] {
		text, unknown := plainly(source, other.Message)
		names = names || unknown
		hint = cmp.Or(hint, hintFor(other.Message))
		message += fmt.Sprintf("; line %d, column %d: %s", other.Location.Line(), other.Location.Column()+1, text)
	}
	if hint != "" {
		message += "; " + hint
	}
	if names {
		message += "; the variables here are " + strings.Join(slices.Sorted(maps.Keys(kinds)), ", ")
	}
	return &CompileError{Source: source, Line: max(first.Location.Line(), 1), Column: max(first.Location.Column()+1, 1), Message: message}
}

// undeclared matches the issue for an unknown name.
var undeclared = regexp.MustCompile(`^undeclared reference to '([^']+)'`)

// plainly returns an issue without CEL's containers, which Latch does not use, and reports whether
// it is about an unknown variable, as opposed to an unknown function.
func plainly(source, message string) (text string, noVariable bool) {
	text = shorten(strings.ReplaceAll(message, " (in container '')", ""))
	named := undeclared.FindStringSubmatch(text)
	return text, named != nil && !strings.Contains(source, named[1]+"(")
}

// refuse rejects what the type-checker accepts but must not run: protobuf messages, because
// constructing one copies its values outside of any budget; regular expressions that are too large;
// comparisons of values that are never equal; and keys that a variable never has.
func refuse(source string, checked *ast.AST, reads []*read) error {
	id, message := int64(0), ""
	ast.PreOrderVisit(checked.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if message == "" {
			id, message = refusal(checked, e)
		}
	}))
	if message == "" {
		id, message = unknownKey(reads)
	}
	if message == "" {
		return nil
	}
	at := checked.SourceInfo().GetStartLocation(id)
	return &CompileError{Source: source, Line: max(at.Line(), 1), Column: max(at.Column()+1, 1), Message: message}
}

// refusal returns what is wrong with a node, and the id of the node to point to.
func refusal(checked *ast.AST, e ast.Expr) (id int64, message string) {
	switch {
	case e.Kind() == ast.StructKind:
		return e.ID(), "messages cannot be constructed; write a map: {'key': value}"
	case e.Kind() == ast.CallKind && e.AsCall().FunctionName() == overloads.Matches:
		args := e.AsCall().Args()
		pattern := args[len(args)-1]
		if source, isText := pattern.AsLiteral().(types.String); isText {
			if _, err := compilePattern(string(source)); err != nil {
				return pattern.ID(), err.Error()
			}
		}
		return 0, ""
	}
	return e.ID(), unequal(checked, e)
}

// Source returns the expression as written.
func (e *Expression) Source() string { return e.source }

// Bool evaluates an expression whose use is a bool. The error is an [*EvalError].
func (e *Expression) Bool(given Variables) (bool, error) {
	value, err := e.eval(newScope(given))
	if err != nil {
		return false, err
	}
	result, ok := value.(types.Bool)
	if !ok {
		return false, &EvalError{Source: e.source, Message: fmt.Sprintf("%s must be a bool, this gave a %s", e.use, value.Type().TypeName())}
	}
	return bool(result), nil
}

// Text evaluates a [Result] expression to "pass" or "fail". Any other value is an error, an
// [*EvalError].
func (e *Expression) Text(given Variables) (string, error) {
	value, err := e.eval(newScope(given))
	if err != nil {
		return "", err
	}
	switch value {
	case types.String("pass"):
		return "pass", nil
	case types.String("fail"):
		return "fail", nil
	}
	return "", &EvalError{Source: e.source, Message: fmt.Sprintf("%s must be \"pass\" or \"fail\", this gave %s", e.use, describe(value))}
}

// describe quotes a short string, and names the type of any other value.
func describe(value ref.Val) string {
	if s, ok := value.(types.String); ok && len(s) <= 40 {
		return fmt.Sprintf("%q", string(s))
	}
	return "a " + value.Type().TypeName()
}

// eval evaluates the expression once, within what is left of the meter.
func (e *Expression) eval(s *scope) (ref.Val, error) {
	if err := s.load(e.uses, e.kinds); err != nil {
		return nil, evalError(e.source, err)
	}
	s.meter.weigh(s.longest)
	if value, found := e.selected(s); found {
		return value, nil
	}
	value, _, err := e.program.Eval(s)
	if err != nil {
		return nil, evalError(e.source, err)
	}
	return value, nil
}

// appendJSON evaluates the expression once and appends its value as JSON.
func (e *Expression) appendJSON(out []byte, s *scope) ([]byte, error) {
	value, err := e.eval(s)
	if err != nil {
		return nil, err
	}
	if out, err = appendJSON(out, value, MaxOutput); err != nil {
		return nil, evalError(e.source, err)
	}
	return out, nil
}

// text evaluates the expression once and returns its value as text.
func (e *Expression) text(s *scope) (string, error) {
	value, err := e.eval(s)
	if err != nil {
		return "", err
	}
	text, err := asText(value, MaxOutput)
	if err != nil {
		return "", evalError(e.source, err)
	}
	return text, nil
}
