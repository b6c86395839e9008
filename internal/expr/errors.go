package expr

import (
	"errors"
	"fmt"

	"github.com/google/cel-go/interpreter"

	"github.com/latch-run/latch/internal/excerpt"
)

// CompileError says what is wrong with an expression or a template, and where. Line and Column
// count from 1 in Source, in code points; for an expression in a template, Source is the whole
// template. Both are 0 if the error concerns the whole source.
type CompileError struct {
	Source  string
	Line    int
	Column  int
	Message string

	cause error
}

// Error returns the source, the position and the message.
func (e *CompileError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%q: %s", shorten(e.Source), e.Message)
	}
	return fmt.Sprintf("%q: line %d, column %d: %s", shorten(e.Source), e.Line, e.Column, e.Message)
}

// Unwrap returns [ErrTooLarge] if that was the reason.
func (e *CompileError) Unwrap() error { return e.cause }

// EvalError says which expression (or which template, if no single expression is at fault) failed
// at run time, and why. Evaluating it again with the same variables fails again.
type EvalError struct {
	Source  string
	Message string

	cause error
}

// Error returns the expression and the message.
func (e *EvalError) Error() string {
	return fmt.Sprintf("%q: %s", shorten(e.Source), e.Message)
}

// Unwrap returns [ErrTooLarge] or [ErrTooCostly] if one of them was the reason.
func (e *EvalError) Unwrap() error { return e.cause }

// evalError converts an error of CEL or the encoder to an EvalError.
func evalError(source string, err error) *EvalError {
	var known *EvalError
	if errors.As(err, &known) {
		return known
	}
	var cancelled interpreter.EvalCancelledError
	switch {
	case errors.As(err, &cancelled):
		return &EvalError{Source: source, Message: "stopped: it takes more steps or memory than one expression may; let it look at less", cause: ErrTooCostly}
	case errors.Is(err, ErrTooLarge):
		return &EvalError{Source: source, Message: shorten(err.Error()), cause: ErrTooLarge}
	}
	message := shorten(typeNames.Replace(err.Error()))
	if what := advice(message); what != "" {
		message += "; " + what
	}
	return &EvalError{Source: source, Message: message}
}

// outputTooLarge is the error for a text or JSON that exceeds its limit.
func outputTooLarge(limit int) error {
	return fmt.Errorf("%w: it produces more than %d KiB", ErrTooLarge, limit>>10)
}

// shorten keeps errors readable, whatever they quote.
func shorten(text string) string { return excerpt.Of(text, 300) }
