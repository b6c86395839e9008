package expr

import "errors"

// Bounds of an expression and its output. None of them is a time, so that the same input always has
// the same outcome.
const (
	// MaxSource bounds the source of one expression, in bytes.
	MaxSource = 16 << 10

	// MaxTemplate bounds the source of one template or tree, in bytes.
	MaxTemplate = 256 << 10

	// MaxOutput bounds what one template or tree may produce, in bytes.
	MaxOutput = 256 << 10

	// CostLimit bounds one evaluation, or one rendering with all its expressions. A unit is about
	// one byte read or written; each name, selection, call and operator costs 8, and more if the
	// data has strings over 2 KiB. The limit allows about four million steps: testing each of 500
	// records takes about 10,000, comparing all of them with each other about 3 million. The worst
	// expression is stopped within half a second, with a few tens of MiB in use.
	CostLimit = 32 << 20

	// maxString bounds every string that a call returns, in bytes.
	maxString = 1 << 20

	// maxRegex bounds a compiled regular expression, in instructions.
	maxRegex = 1000

	// maxPattern bounds the source of a regular expression, in bytes.
	maxPattern = 4 << 10

	// maxPrecision bounds the digits after the decimal point that format prints.
	maxPrecision = 100

	// maxDepth bounds the nesting of an expression's parentheses and of a tree.
	maxDepth = 100

	// maxNodes bounds an expression after macro expansion.
	maxNodes = 20_000
)

// The errors that an [EvalError] or [CompileError] wraps if a limit was reached; test with
// [errors.Is].
var (
	// ErrTooLarge says that a source or an output exceeds its limit in bytes.
	ErrTooLarge = errors.New("too large")

	// ErrTooCostly says that an evaluation exceeded CostLimit.
	ErrTooCostly = errors.New("too costly")
)
