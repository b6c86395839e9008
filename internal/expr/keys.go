package expr

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"

	"github.com/latch-run/latch/internal/typo"
)

// closed are the variables that never have other keys than these (contract, "Templates"). What is
// below vars, data, instance, kvp and the like is the user's, and a registered job has keys of its
// own: those are open.
var closed = map[string][]string{
	"run":     {"workflow_id", "run_id", "started_at"},
	"release": {"id", "title", "vars", "instance", "status", "steps", "started_at"},
	"step":    {"name", "index", "status", "error", "kvp"},
	"system":  {"fqdn", "environment", "version", "namespace", "task_queue", "database.version"},
	"webhook": {"id"},
	"history": {"delivery_id", "webhook", "event", "step", "job", "release", "workflow_id", "run_id", "result", "data", "attempts", "tries",
		"error", "decision", "handed_to", "redelivery", "enforced", "truncated", "request", "response", "started_at", "completed_at",
		"duration_ms", "lock"},
	"response": {"status", "headers", "body", "data"},
}

// ClosedKeys returns the keys of a variable whose keys are fixed, or nil.
func ClosedKeys(variable string) []string { return slices.Clone(closed[variable]) }

// keyChecker refuses to select keys that a closed variable never has. An expression that asks
// whether the key is there, by has or in, is left alone, and so is one whose macro has a variable
// of that name.
type keyChecker struct {
	own   map[string]bool // variables of macros
	asked map[string]bool // keys, as selections
}

func newKeyChecker(checked *ast.AST) *keyChecker {
	c := &keyChecker{own: make(map[string]bool), asked: make(map[string]bool)}
	ast.PreOrderVisit(checked.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		switch e.Kind() {
		case ast.ComprehensionKind:
			c.own[e.AsComprehension().IterVar()] = true
			c.own[e.AsComprehension().AccuVar()] = true // of optMap
		case ast.SelectKind:
			if e.AsSelect().IsTestOnly() {
				c.ask(e.AsSelect().Operand(), e.AsSelect().FieldName())
			}
		case ast.CallKind:
			if args := e.AsCall().Args(); e.AsCall().FunctionName() == operators.In {
				if key, isKey := keyOf(args[0]); isKey {
					c.ask(args[1], key)
				}
			}
		}
	}))
	return c
}

func (c *keyChecker) ask(variable ast.Expr, key string) {
	if variable.Kind() == ast.IdentKind {
		c.asked[variable.AsIdent()+"."+key] = true
	}
}

// check tells what is wrong with a node, or "".
func (c *keyChecker) check(e ast.Expr) (message string) {
	selected := selectionOf(e, nil)
	if len(selected) != 2 {
		return ""
	}
	variable, key := selected[0], selected[1]
	keys, isClosed := closed[variable]
	if !isClosed || c.own[variable] || c.asked[variable+"."+key] || slices.Contains(keys, key) {
		return ""
	}
	if meant := typo.Meant(key, keys); meant != "" {
		return fmt.Sprintf("%s has no key %q; did you mean %q?", variable, key, meant)
	}
	return fmt.Sprintf("%s has no key %q; its keys are %s", variable, key, strings.Join(keys, ", "))
}

// textOf gives the string that a literal is.
func textOf(e ast.Expr) (text string, ok bool) {
	if e.Kind() != ast.LiteralKind {
		return "", false
	}
	value, ok := e.AsLiteral().(types.String)
	return string(value), ok
}
