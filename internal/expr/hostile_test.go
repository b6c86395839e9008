//go:build !race

package expr

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/hang"
)

// These bound what an attack may allocate, when it is compiled and again when it is evaluated,
// and how long it may run: it takes at most half a second, and the rest is for a race detector
// on a slow machine.
const (
	allocatedByAttack = 200 << 20
	attackEnds        = time.Minute
)

// ended is how an attack ends.
type ended string

const (
	costly     ended = "too costly"
	large      ended = "too large"
	uncompiled ended = "refused" // when it is compiled
	failed     ended = "failed"
	done       ended = "done"
)

// attack is an expression that costs far more than it looks, or would cost it if it ended otherwise.
type attack struct {
	name, source string
	want         ended
}

func attacks() []attack {
	repeat := func(start, more string, times int) string { return start + strings.Repeat(more, times) }
	loop := func(body string) string {
		return "lists.range(1000).all(i, lists.range(1000).all(j, " + body + "))"
	}
	shared := repeat("[1]", ".map(a,[a,a])", 40)
	list := repeat("[[1]]", ".map(a,a+a)", 45) + "[0]"
	return []attack{
		{"three loops", "lists.range(1000).all(i, lists.range(1000).all(j, lists.range(1000).all(k, true)))", costly},
		{"a loop of loops that end at once", loop("lists.range(1000).exists(k, false) == false"), costly},
		{"loops over data", "data.many.all(a, data.many.all(b, data.many.all(c, true)))", costly},
		{"a loop whose || ends early", loop("true || i == j"), costly},
		{"a loop of conditionals", loop("true ? true : i == j"), costly},
		{"a loop of sizes", "data.many.all(a, data.many.all(b, size(data.many) > 0))", costly},
		{"a loop of filters", "lists.range(1000).filter(i, lists.range(1000).filter(j, lists.range(1000).filter(k, false) == []) == [])", costly},
		{"a cross product", "lists.range(1000).map(i, lists.range(1000).map(j, [i, j]))", costly},
		{"a cross product of maps", "lists.range(1000).map(i, lists.range(1000).map(j, {'a': [i, j]}))", costly},
		{"a cross product of data", "data.many.map(a, data.many.map(b, [a, b]))", costly},
		{"a cross product of strings", "lists.range(1000).map(i, lists.range(1000).map(j, string(i) + string(j)))", costly},
		{"a cross product of ranges", "lists.range(1000).map(i, lists.range(1000).map(j, lists.range(1000)))", costly},
		{"a list added in a loop", "lists.range(1000).map(i, data.many + data.many)", costly},
		{"a list literal in a loop", loop("[" + strings.Repeat("1,", 2000) + "1] != []"), costly},
		{"a map literal in a loop", loop("{" + keysOf(500) + "} != {}"), costly},
		{"a range of a billion", "lists.range(1000000000).size() > 0", costly},
		{"a range of all integers", "lists.range(9223372036854775807).size() > 0", costly},
		{"big strings compared", loop("data.big != 'a'"), costly},
		{"equal big strings compared", loop("data.big == data.same"), costly},
		{"a big string looked for as a key", loop("!(data.big in job)"), costly},
		{"a big key, optional", loop("!job[?data.big].hasValue()"), costly},
		{"a big key of a macro's variable", "[data.big].all(b, " + loop("!job[?b].hasValue()") + ")", costly},
		{"a big key of a made map", "[{data.big: 1}].all(m, " + loop("m[data.big] == 1") + ")", costly},
		{"a long chain of optional keys", loop("!data" + strings.Repeat("[?'x']", 50) + ".hasValue()"), costly},
		{"a long chain behind conditionals", "lists.range(1000).exists(i, (true ? (true ? (true ? data" + strings.Repeat("[?'x']", 50) +
			" : data.?x) : data.?x) : data.?x).hasValue()) || " + loop("!data"+strings.Repeat("[?'x']", 50)+".hasValue()"), costly},
		{"sizes of a big string", loop("data.big.size() > 1"), costly},
		{"a big string grown", "lists.range(1000).map(i, data.big + string(i)).size() > 0", costly},
		{"a big string cut", "lists.range(1000).map(i, data.big.substring(i))", costly},
		{"characters of a big string", "lists.range(1000).map(i, data.big.charAt(i))", costly},
		{"a big string split", "lists.range(1000).map(i, data.big.split(''))", costly},
		{"a big string split once", "data.big.split('').map(c, data.big.split(''))", costly},
		{"a big string split and joined", "lists.range(1000).map(i, data.big.split('').join('b'))", costly},
		{"a big string reversed", "lists.range(1000).map(i, data.big.reverse()).size() > 0", costly},
		{"a big string in upper case", "lists.range(1000).map(i, data.big.upperAscii()).size() > 0", costly},
		{"a big string trimmed", "lists.range(1000).map(i, (data.big + ' ').trim()).size() > 0", costly},
		{"a big string quoted", "lists.range(1000).map(i, strings.quote(data.big)).size() > 0", costly},
		{"a big string as bytes", "lists.range(1000).map(i, bytes(data.big)).size() > 0", costly},
		{"a big string in base64", "lists.range(1000).map(i, base64.encode(bytes(data.big))).size() > 0", costly},
		{"a big string out of base64", "lists.range(1000).map(i, base64.decode(data.big)).size() > 0", costly},
		{"a big string read as a number", loop("double(data.nines) > 1.0"), costly},
		{"a big string read as a time", "lists.range(100000).all(i, timestamp(data.big) == now) || true", costly},
		{"a big string searched", "data.big.indexOf(data.big + 'b') > 0", costly},
		{"a big string searched from behind", "data.big.lastIndexOf('b' + data.big.substring(250000)) > 0", costly},
		{"a big string that contains half of itself", "lists.range(1000).exists(i, data.big.contains(data.big.substring(250000) + 'b'))", costly},
		{"a big string replaced by nothing", "lists.range(1000).map(i, data.big.replace('a', '')).size() > 0", costly},
		{"a string doubled", "['aaaaaaaaaaaaaaaa']" + strings.Repeat(".map(a, a + a)", 40) + "[0]", large},
		{"a string doubled in a list", "['aaaaaaaaaaaaaaaa']" + strings.Repeat(".map(a, a + a)", 40) + ".size() > 0", large},
		{"bytes doubled", "[b'aaaaaaaaaaaaaaaa']" + strings.Repeat(".map(a, a + a)", 40) + ".size() > 0", large},
		{"a letter replaced by a big string", "data.big.replace('a', data.big)", large},
		{"nothing replaced by a big string", "data.big.replace('', data.big)", large},
		{"a big separator", "data.big.split('').join(data.big)", costly},
		{"a big separator, a few times", "[data.big, data.big].join(data.big + data.big)", large},
		{"a big text repeated by format",
			"'" + strings.Repeat("%s", 100) + "'.format([" + strings.Repeat("data.big,", 99) + "data.big])", costly},
		{"a shared list formatted", "'%s'.format([" + shared + "])", costly},
		{"digits after the point", "lists.range(1000).map(i, '" + strings.Repeat("%.100f", 100) + "'.format([" +
			strings.Repeat("1e300,", 99) + "1e300]))", costly},
		{"a shared list encoded", "json.encode(" + shared + ")", large},
		{"a shared list compared", shared + " == " + shared, costly},
		{"a shared list compared behind ||", "(" + shared + " == " + shared + ") || true", costly},
		{"a shared list looked for", shared + " in [" + shared + "]", costly},
		{"a shared list made distinct", "[" + shared + "].distinct()", costly},
		{"a shared list flattened", shared + ".flatten(50)", costly},
		{"a shared list among sets", "sets.contains([" + shared + "], [" + shared + "])", costly},
		{"a shared list printed", shared, large},
		{"a shared map printed", repeat("[{'a':1}]", ".map(a,{'a':a,'b':a})", 40), large},
		{"a shared map compared", repeat("[{'a':1}]", ".map(a,{'a':a,'b':a})", 40) + " == " +
			repeat("[{'a':1}]", ".map(a,{'a':a,'b':a})", 40), costly},
		{"shared optionals unwrapped", repeat("[optional.of(1)]", ".map(a,optional.of([a,a]))", 40), large},
		{"a doubled list filtered", list + ".filter(i, false)", costly},
		{"a doubled list walked", list + ".all(i, true)", costly},
		{"a doubled list's size", list + ".size()", costly},
		{"a doubled list cut", list + ".slice(0, 1000000000)", costly},
		{"a list made distinct", "data.many.map(a, [a]).distinct()", costly},
		{"sets compared", "sets.equivalent(data.many, data.many.map(a, a + 1))", costly},
		{"sets crossed", "lists.range(1000).exists(i, sets.intersects(data.many, [-1]))", costly},
		{"a list looked through", "data.many.all(a, !(-1 in data.many))", costly},
		{"a list sorted again and again", "lists.range(1000).all(i, data.many.sort().size() > 0)", costly},
		{"a list of big strings sorted", "lists.range(100).map(i, data.big + string(i)).sort().size() > 0", costly},
		{"a list sorted by lists", "lists.range(1000).all(i, data.many.sortBy(a, -a).size() > 0)", costly},
		{"a list turned around", "lists.range(1000).all(i, data.many.reverse().size() > 0)", costly},
		{"lists flattened", "lists.range(1000).all(i, [data.many, data.many].flatten().size() > 0)", costly},
		{"numbers with digits compared", "lists.range(1000).all(i, data.digits == data.digits)", costly},
		{"the greatest of many", "lists.range(1000).all(i, math.greatest(data.many) > -1.0)", costly},
		{"data with many keys walked", "data.keys.all(a, data.keys.all(b, a != 'x'))", costly},
		{"data with many keys compared", "lists.range(1000).all(i, data.keys == data.keys)", costly},
		{"deep data compared", "lists.range(10000).all(i, data.deep == data.deep)", costly},
		{"deep data encoded", "lists.range(10000).map(i, json.encode(data.deep)).size() > 0", costly},
		{"much data encoded", "lists.range(1000).map(i, json.encode(data.many)).size() > 0", costly},
		{"a pattern that backtracks elsewhere", "lists.range(1000).exists(i, data.big.matches('(a|aa|aaa|b|c|d|e|f)*z'))", costly},
		{"a pattern of too many states", "data.big.matches('(a{1,30}){1,30}z')", uncompiled},
		{"a pattern of many states", "lists.range(1000).exists(i, data.big.matches('(a{1,30}){1,10}z'))", costly},
		{"a pattern with classes of Unicode", "data.big.matches('(\\\\pL\\\\pN?)*z')", uncompiled},
		{"patterns made at run time", loop("'a'.matches('a{900}' + string(j))"), costly},
		{"patterns out of the data", "lists.range(1000).exists(i, data.big.matches(data.pattern + string(i)))", costly},
		{"time zones", loop("now.getHours('America/Argentina/ComodRivadavia') > 24 || true"), costly},
		{"times read", loop("timestamp('2024-01-01T00:00:0' + string(j % 10) + 'Z') > now || true"), costly},
		{"versions read", loop("semver('1.2.' + string(j)).major() == 1"), costly},
		{"long versions", loop("semver('1.2.3-' + data.alpha).major() == 1 || true"), costly},
		{"types compared", loop("type(data.many) == list"), costly},
		{"optionals nested", repeat("optional.of(1)", ".optMap(a, optional.of(a))", 90) + ".hasValue()", done},
		{"a loop of two variables", loop("data.many.exists(a, a == -1.0) == false"), costly},
	}
}

func keysOf(n int) string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprintf("'k%d': 1", i)
	}
	return strings.Join(keys, ", ")
}

func hostileVariables() Variables {
	list := func(n int, element func(i int) string) string {
		elements := make([]string, n)
		for i := range elements {
			elements[i] = element(i)
		}
		return strings.Join(elements, ",")
	}
	return variables("now", `"2026-01-01T00:00:00Z"`, "job", `{"id":"1"}`, "data", `{
		"big":"`+strings.Repeat("a", 500<<10)+`","same":"`+strings.Repeat("a", 500<<10)+`","nines":"`+strings.Repeat("9", 300)+`",
		"alpha":"`+strings.Repeat("a", 240)+`","pattern":"`+strings.Repeat("(a|b)?", 90)+`",
		"half":"`+strings.Repeat("a", 100<<10)+`","angles":"`+strings.Repeat("<", 60<<10)+`","ends":"`+strings.Repeat("]]>", 20<<10)+`",
		"controls":"`+strings.Repeat(`\u0001`, 60<<10)+`","dots":"..",
		"many":[`+list(20_000, func(i int) string { return fmt.Sprint(i) })+`],
		"digits":[`+list(20_000, func(i int) string { return fmt.Sprintf("%d.10", i) })+`],
		"keys":{`+list(5_000, func(i int) string { return fmt.Sprintf(`"key%d":%d`, i, i) })+`},
		"deep":`+strings.Repeat("[", 500)+strings.Repeat("]", 500)+`}`)
}

func outcome(err error) ended {
	switch {
	case err == nil:
		return done
	case errors.Is(err, ErrTooCostly):
		return costly
	case errors.As(err, new(*CompileError)):
		return uncompiled
	case errors.Is(err, ErrTooLarge):
		return large
	default:
		return failed
	}
}

// measured runs a function under attack. The counter belongs to the process, so no test may run
// in parallel.
func measured(t *testing.T, attacked func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	took := hang.CPUTime(attacked)
	runtime.ReadMemStats(&after)
	t.Logf("%v, %d MiB", took.Round(time.Millisecond), (after.TotalAlloc-before.TotalAlloc)>>20)
	require.Less(t, (after.TotalAlloc-before.TotalAlloc)>>20, uint64(allocatedByAttack>>20), "MiB allocated")
	require.Less(t, took, attackEnds)
}

// Contract, "Decisions": limited in cost, never by a clock. Whatever an expression tries, it ends
// with little memory, and `||` does not save it.
func TestHostileExpressionsAreStopped(t *testing.T) {
	vars := hostileVariables()
	for _, a := range attacks() {
		t.Run(a.name, func(t *testing.T) {
			var tree *Tree
			var err error
			measured(t, func() { tree, err = CompileTree(json.RawMessage(quoted("${" + a.source + "}"))) })
			if err == nil {
				measured(t, func() { _, err = tree.Render(vars) })
			}
			require.Equal(t, a.want, outcome(err), "%v", err)
		})
	}
}

// A template of many expressions ends like one expression, at any position.
func TestHostileTemplatesAreStopped(t *testing.T) {
	vars := hostileVariables()
	for name, a := range map[string]struct {
		place  Place
		source string
		want   ended
	}{
		"many big values":                   {InText, strings.Repeat("${data.half}", 5000), large},
		"many small values":                 {InText, strings.Repeat("${data.many[7]}", 5000), done},
		"many empty values":                 {InText, strings.Repeat("${event}", 5000), done},
		"many loops":                        {InText, strings.Repeat("${data.many.exists(a, a < 0.0)}", 500), costly},
		"many lists encoded":                {InText, strings.Repeat("${json.encode(data.many).size()}", 2000), costly},
		"many variables read":               {InText, strings.Repeat("${data.big.size()}${job.id}${now}", 1500), costly},
		"much to escape in a URL":           {InURL, "https://h/?a=" + strings.Repeat("${data.angles}", 100), large},
		"much to escape in a form":          {InForm, "a=" + strings.Repeat("${data.angles}", 100), large},
		"much to escape in markup":          {InMarkup, "<a>" + strings.Repeat("${data.angles}", 100) + "</a>", large},
		"sections to end in markup":         {InMarkup, "<a><![CDATA[" + strings.Repeat("${data.ends}", 100) + "]]></a>", large},
		"much to escape in a JSON string":   {InJSON, `{"a":"` + strings.Repeat("${data.controls}", 100) + `"}`, large},
		"much JSON":                         {InJSON, `[` + strings.Repeat("${data.many},", 100) + `1]`, large},
		"segments of a path":                {InURL, "https://h/" + strings.Repeat("${data.dots}/", 1000), failed},
		"more braces than expressions have": {InText, "${" + strings.Repeat("{", 200_000), uncompiled},
		"escapes in escapes":                {InJSON, `{"a":"` + strings.Repeat(`${data[\"a\"]`, 10_000) + `"}`, uncompiled},
	} {
		t.Run(name, func(t *testing.T) {
			var template *Template
			var err error
			measured(t, func() { template, err = CompileTemplate(a.source, a.place) })
			if err == nil {
				measured(t, func() { _, err = template.Render(vars) })
			}
			require.Equal(t, a.want, outcome(err), "%v", err)
		})
	}
}
