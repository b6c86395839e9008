package expr

import "errors"

// What bounds an expression and what it renders. No limit is a clock, so that the same input
// always has the same fate.
const (
	// MaxSource bounds the source of one expression, in bytes.
	MaxSource = 16 << 10

	// MaxTemplate bounds the source of one template or tree, in bytes.
	MaxTemplate = 256 << 10

	// MaxOutput bounds what one template or tree may produce, in bytes.
	MaxOutput = 256 << 10

	// CostLimit bounds one evaluation, or one rendering with all its expressions. A unit is about
	// a byte that is read or made; each name, selection, call and operator costs 8, and more where
	// the data has strings over 2 KiB. It allows some four million steps: a test of each of 500
	// records takes some 10,000, comparing each of them with each other some 3 million. The worst
	// expression is stopped within half a second, holding some tens of MiB.
	CostLimit = 32 << 20

	// maxString bounds every string that a call makes, in bytes.
	maxString = 1 << 20

	// maxRegex bounds what a regular expression is compiled to, in instructions.
	maxRegex = 1000

	// maxPattern bounds the source of a regular expression, in bytes.
	maxPattern = 4 << 10

	// maxPrecision bounds the digits after the point that format prints.
	maxPrecision = 100

	// maxDepth bounds the nesting of an expression's parentheses and of a tree.
	maxDepth = 100

	// maxNodes bounds an expression after its macros were expanded.
	maxNodes = 20_000
)

// What an [EvalError] or [CompileError] wraps when a limit was reached; ask with [errors.Is].
var (
	// ErrTooLarge says that a source or an output is over its limit in bytes.
	ErrTooLarge = errors.New("too large")

	// ErrTooCostly says that an evaluation went over CostLimit.
	ErrTooCostly = errors.New("too costly")
)
