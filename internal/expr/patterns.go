package expr

import (
	"fmt"
	"regexp"
	"regexp/syntax"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/interpreter"
)

// pattern is a regular expression (RE2) with its approximate number of instructions. A match takes
// at most one step per instruction and byte.
type pattern struct {
	re   *regexp.Regexp
	size int
}

// compilePattern measures a regular expression before it compiles it. (CEL's own count compiles it
// first, and panics on a repetition like a{2,3}.)
func compilePattern(source string) (*pattern, error) {
	if len(source) > maxPattern {
		return nil, fmt.Errorf("the regular expression is over %d KiB", maxPattern>>10)
	}
	parsed, err := syntax.Parse(source, syntax.Perl)
	if err != nil {
		return nil, err
	}
	size := instructions(parsed)
	if size > maxRegex {
		return nil, fmt.Errorf("the regular expression takes %d instructions, more than %d", size, maxRegex)
	}
	re, err := regexp.Compile(source)
	return &pattern{re: re, size: size}, err
}

// instructions estimates the number of instructions of a parsed expression. The parser allows no
// repetition over 1000, including nested ones.
func instructions(re *syntax.Regexp) int {
	count := 1 + len(re.Rune)
	for _, sub := range re.Sub {
		count += instructions(sub)
	}
	if re.Op == syntax.OpRepeat {
		count *= max(re.Min+1, re.Max, 1)
	}
	return count
}

// matches implements matches(). A constant pattern is compiled once, when the call is planned.
func matches(given interpreter.InterpretableV2) call {
	var known *pattern
	if constant, isConstant := given.(interpreter.InterpretableConst); isConstant {
		if source, isText := constant.Value().(types.String); isText {
			known, _ = compilePattern(string(source))
		}
	}
	return func(m *meter, args []ref.Val, impl implementation) ref.Val {
		subject, isSubject := args[0].(types.String)
		source, isSource := args[1].(types.String)
		if !isSubject || !isSource {
			return impl(args)
		}
		p := known
		if p == nil {
			m.chargeTimes(min(len(source), maxPattern), 64)
			var err error
			if p, err = compilePattern(string(source)); err != nil {
				return types.WrapErr(err)
			}
		}
		m.charge(len(subject))
		m.chargeTimes(p.size, len(subject)/2+1) // at most one step per instruction and byte
		return types.Bool(p.re.MatchString(string(subject)))
	}
}
