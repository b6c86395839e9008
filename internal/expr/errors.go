package expr

import (
	"errors"
	"fmt"

	"github.com/google/cel-go/interpreter"

	"github.com/latch-run/latch/internal/excerpt"
)

// CompileError says what is wrong with an expression or a template and where. Line and Column
// count from 1 in Source, in code points; for an expression inside a template Source is the whole
// template. Both are 0 when the whole of it is wrong.
type CompileError struct {
	Source  string
	Line    int
	Column  int
	Message string

	cause error
}

// Error names the source, the position and what is wrong.
func (e *CompileError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%q: %s", shorten(e.Source), e.Message)
	}
	return fmt.Sprintf("%q: line %d, column %d: %s", shorten(e.Source), e.Line, e.Column, e.Message)
}

// Unwrap returns [ErrTooLarge] where that was the reason.
func (e *CompileError) Unwrap() error { return e.cause }

// EvalError says which expression (or template, where no single expression is at fault) failed
// at run time, and why. Trying again with the same variables fails again.
type EvalError struct {
	Source  string
	Message string

	cause error
}

// Error names the expression and what went wrong.
func (e *EvalError) Error() string {
	return fmt.Sprintf("%q: %s", shorten(e.Source), e.Message)
}

// Unwrap returns [ErrTooLarge] or [ErrTooCostly] where one of them was the reason.
func (e *EvalError) Unwrap() error { return e.cause }

// evalError turns what CEL or the encoder reported into an EvalError.
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

// outputTooLarge is the error of a text or JSON that grew over its limit.
func outputTooLarge(limit int) error {
	return fmt.Errorf("%w: it produces more than %d KiB", ErrTooLarge, limit>>10)
}

// shorten keeps errors readable, whatever they quote.
func shorten(text string) string { return excerpt.Of(text, 300) }
