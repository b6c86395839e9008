package expr

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// These bound what compiling may allocate: a constant for every source, and a part for each
// byte of it. The worst known source takes 6 KiB for a byte (regular expressions at their
// limit), most take a third.
const (
	allocatedAlways  = 4 << 20
	allocatedPerByte = 12 << 10
)

// requireLittle compiles a source and checks that the memory is in proportion to the source.
// That also bounds the work of compiling, which allocates for each node. The counter belongs to
// the process, so no test may run in parallel.
func requireLittle(t *testing.T, source string) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, _ = compile(source, inTemplate)
	runtime.ReadMemStats(&after)
	allowed := allocatedAlways + allocatedPerByte*uint64(min(len(source), MaxSource))
	require.Less(t, (after.TotalAlloc-before.TotalAlloc)>>10, allowed>>10, "KiB allocated for %q", shorten(source))
}

// growing are expressions whose types or nodes would double with every level, by levels.
func growing(n int) map[string]string {
	chain := func(start, more string) string { return start + strings.Repeat(more, n) }
	nest := func(open, middle, end string) string {
		return strings.Repeat(open, n) + middle + strings.Repeat(end, n)
	}
	return map[string]string{
		"a map of its own keys":            "size(" + chain("[1]", ".map(x,{x:x})") + ") > 0",
		"a list of itself":                 "size(" + chain("[1]", ".map(x,[x,x])") + ") > 0",
		"lists joined":                     chain("[[1]]", ".map(x,[x]+[x])"),
		"optional keys":                    chain("[1]", ".map(x,{?x:optional.of(x)})"),
		"optional elements":                chain("[1]", ".map(x,[?optional.of(x)])"),
		"conditional keys":                 chain("[1]", ".map(x,{true?x:x:x})"),
		"conditional values":               chain("[1]", ".map(x,{x:true?x:x})"),
		"conditionals of different shapes": chain("[1]", ".map(x,true?{x:x}:{[x]:x})"),
		"filtered maps":                    chain("[1]", ".map(x,true,{x:x})"),
		"optMap":                           chain("optional.of(1)", ".optMap(x,{x:x})"),
		"optFlatMap":                       chain("optional.of(1)", ".optFlatMap(x,optional.of({x:x}))"),
		"optionals of optionals":           nest("optional.of(", "1", ")"),
		"sortBy":                           chain("[{1:1}]", ".sortBy(x,1).map(x,{x:x})"),
		"nested comprehensions":            nest("[{1:1}].all(x,[{x:x}].all(y,", "true", "))"),
		"comprehensions over their own":    nest("[[1].map(x,{x:x})].map(x,", "x", ")"),
		"quantifiers":                      nest("[1].exists_one(x,", "true", ")"),
		"has":                              nest("[has(data.x)].all(x,", "has(data.x)", ")"),
		"nested literals":                  nest("{[1]:[", "1", "]}"),
		"lists of lists":                   nest("[", "1", "]") + ".flatten()",
		"empty lists bound to each other":  nest("[[],[[]],", "[]", "]"),
		"empty maps bound to each other":   nest("[{},{1:{}},", "{}", "]"),
		"elements of lists without a type": chain("[]", ".map(x,{x:x})"),
		"an optional without a type":       chain("optional.none()", ".optMap(x,{x:x})"),
		"variables":                        chain("[{job:vars}]", ".map(x,{x:x})"),
		"or":                               chain("data.?a", ".or(data.?a).optMap(x,[x])"),
		"reverse, sort, first and flatten": chain("[[1]]", ".map(x,{x:[x].reverse().flatten().first()})"),
		"the same, compared":               chain("[1]", ".map(x,{x:x})") + "==" + chain("[1]", ".map(x,{x:x})"),
		"the same, in a list":              chain("[1]", ".map(x,{x:x})") + " in [" + chain("[1]", ".map(x,{x:x})") + "]",
	}
}

// Sources that double with every level are compiled or refused with little memory, however many
// levels they have. The compiled ones are evaluated within the cost.
func TestTypesDoNotGrow(t *testing.T) {
	for _, n := range []int{8, 16, 24, 40, 90} {
		for name, source := range growing(n) {
			t.Run(name, func(t *testing.T) { requireLittle(t, source) })
		}
	}
	for name, source := range growing(24) {
		if e, err := compile(source, inTemplate); err == nil {
			_, err = e.appendJSON(nil, newScope(nil))
			require.True(t, err == nil || errors.As(err, new(*EvalError)), name)
		}
	}
}

// wide are sources at the limit, each nasty in its own way.
func wide() []string {
	fill := func(s string) string { return strings.Repeat(s, MaxSource/len(s)-2) }
	list := func(s string) string { return "[" + fill(s+",") + "1]" }
	sources := []string{
		"true" + fill("&&true"), "1==1" + fill("||1==1"), "vars.a==1" + fill("||vars.a==1"), "vars==vars" + fill("||vars==vars"),
		"1 in [1]" + fill("||1 in[]"), "1" + fill("+1"), "data" + fill(".a"), "data" + fill(".?a"), "data" + fill("[0]"), "data" + fill("[?0]"),
		"data.x" + fill(".first()"), "data.x" + fill(".flatten()"), "data.?x" + fill(".or(data.?x)"), fill("true?1:") + "1",
		fill("true?[]:") + "[1]",
		"[1]" + fill(".map(a,[a,a])"), "[1]" + fill(".sortBy(a,a)"), "optional.of(1)" + fill(".optMap(a,a)"),
		"{" + fill("1:1,") + "2:1}", "{" + fill("'a':1,") + "'b':1}", "math.greatest(" + fill("1,") + "1)",
		"'" + fill("x") + "'", "1" + fill("//\n"),
		fill("("), fill("["), fill("{"), fill("!"), fill("-"), fill("'"), fill(`\`), fill("a.b("), fill("&&"),
		fill("true||"), fill("é"), fill("a ? "),
		fill("!") + "true", fill("-") + "1", "(" + fill(")"), "f(" + fill(","), fill("= "), fill("a b "), fill("' "), fill("0x"), fill("`a`"),
		"'x'.matches('" + strings.Repeat("a{1000}", 500) + "')", "'x'.matches('" + strings.Repeat("(a|b)", 3000) + "')",
		"'x'.matches('" + strings.Repeat("(", 300) + "a" + strings.Repeat(")*", 300) + "')", "'x'.matches('((a{1,30}){1,30}){1,30}')",
	}
	for _, element := range []string{"1", "1.5", "''", `b'\xff'`, "99999999999999999999", "[]", "{}", "[1]", "1+1",
		"true?1:2", "!true", "data.a", "data[0]",
		"data[?0].orValue(1)", "?data.?a", "optional.of(1)", "optional.none()", "has(data.a)", "[].all(x,x)", "[].map(x,x)",
		"[].filter(x,x)", "[].sortBy(x,x)",
		"data.x.first()", "size(data)", "dyn(1)", "type(1)", "nobody", "nobody(1)", "sets.contains([],[])",
		"math.greatest(1,2)", "'%s'.format([1])",
		"'%s%s%s%s%s%s'.format([1,1,1,1,1,1])", "duration('1h')", "duration('h')", "timestamp('2024-01-01T00:00:00Z')",
		"'a'.matches('a')", "'a'.matches('a{330}')",
		"'a'.matches('a{998}')", `'a'.matches('(?i)\\pL\\PL')`, "A{a:1}", "google.protobuf.Value{}",
		"optional.of(1).optMap(x,x)", "1==1", "1 in [1]"} {
		sources = append(sources, list(element))
	}
	return sources
}

// Compiling any source takes memory in proportion to the source, and therefore work too,
// because each node that is examined allocates.
func FuzzCompileTakesLittle(f *testing.F) {
	for _, source := range wide() {
		f.Add(source)
	}
	for _, source := range growing(24) {
		f.Add(source)
	}
	f.Fuzz(requireLittle)
}
