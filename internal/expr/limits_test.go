package expr

import (
	"encoding/json"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Expressions that people write, over as many records as a run keeps, are within the cost.
func TestHonestExpressionsRun(t *testing.T) {
	t.Parallel()
	vars := variables("records", manyRecords(500), "data", `{"n":499}`)
	require.Less(t, len(vars["records"]), 512<<10)
	for _, c := range []struct{ source, want string }{
		{`records.filter(r, r.result == 'pass' && r.webhook == 'w1').size()`, "72"},
		{`records.all(r, r.data.price > 1.0)`, "true"},
		{`records.filter(r, r.response.body.matches('(?i)x+(error|failed)')).size()`, "0"},
		{`records.exists(r, r.response.body.contains('the words that tell of an error'))`, "false"},
		{`records.map(r, r.response.body).join('').size()`, "425000"},
		{`records.map(r, r.webhook).distinct().sort()[0]`, `"w0"`},
		{`records.sortBy(r, -r.data.n)[0].data.n`, "499"},
		{`records.all(a, records.exists(b, a.data.n == b.data.n))`, "true"},
		{`records.all(a, records.all(b, a.webhook != 'none'))`, "true"},
		{`records == records && records[499].data.n == data.n`, "true"},
	} {
		got, err := value(c.source, vars)
		require.NoError(t, err, c.source)
		require.Equal(t, c.want, got, c.source)
	}
}

// hostile are expressions that cost far more than they look. Each is stopped by the cost, none by a clock.
func hostile() []string {
	repeat := func(start, more string, times int) string { return start + strings.Repeat(more, times) }
	shared := repeat("[1]", ".map(a,[a,a])", 40)
	doubled := repeat("[[1]]", ".map(a,a+a)", 45) + "[0]"
	return []string{
		"lists.range(1000).all(i, lists.range(1000).all(j, lists.range(1000).all(k, true)))",
		"lists.range(1000).all(i, lists.range(1000).all(j, lists.range(1000).exists(k, false) == false))",
		"lists.range(1000).filter(i, lists.range(1000).filter(j, lists.range(1000).filter(k, false) == []) == [])",
		"lists.range(1000).map(i, lists.range(1000).map(j, lists.range(1000)))",
		"lists.range(1000).map(i, lists.range(1000).map(j, lists.range(1000).map(k, {'a': [k]})))",
		"lists.range(1000).all(i, lists.range(1000).all(j, data.big != 'a'))",
		"lists.range(1000).all(i, lists.range(1000).all(j, !(data.big in job)))",
		"lists.range(1000).all(i, lists.range(1000).all(j, !job[?data.big].hasValue()))",
		"[data.big].all(b, lists.range(1000).all(i, lists.range(1000).all(j, !job[?b].hasValue())))",
		"lists.range(1000).all(i, lists.range(1000).all(j, data.big.size() > 1))",
		"lists.range(1000).map(i, data.big + string(i)).size() > 0",
		"lists.range(1000).map(i, data.big.charAt(i))",
		"lists.range(1000).map(i, data.big.substring(i))",
		"lists.range(1000).map(i, data.big.split(''))",
		"lists.range(1000).map(i, data.big.reverse()).size() > 0",
		"lists.range(1000).exists(i, data.big.matches('(a|aa|aaa|b|c|d|e|f)*z'))",
		"lists.range(1000).exists(i, (true ? (true ? (true ? data" + strings.Repeat("[?'x']", 50) + " : data.?x) : data.?x) : data.?x).hasValue()) || " +
			"lists.range(1000).all(i, lists.range(1000).all(j, !data" + strings.Repeat("[?'x']", 50) + ".hasValue()))",
		"lists.range(1000000000).size() > 0",
		"lists.range(9223372036854775807).size() > 0",
		"data.big.indexOf(data.big + 'b') > 0",
		shared + " == " + shared,
		shared + " in [" + shared + "]",
		"[" + shared + "].distinct()",
		"'%s'.format([" + shared + "])",
		shared + ".flatten(50)",
		"sets.contains([" + shared + "], [" + shared + "])",
		doubled + ".filter(i, false)",
		doubled + ".all(i, true)",
		doubled + ".size()",
		doubled + ".slice(0, 1000000000)",
		"(" + shared + " == " + shared + ") || true",
	}
}

// Contract, "Decisions": limited in cost, never by a clock. Hostile expressions are stopped, with bounded memory, and `||` does not save them.
func TestHostileExpressionsAreStopped(t *testing.T) {
	vars := variables("data", `{"big":"`+strings.Repeat("a", 500<<10)+`"}`)
	for _, source := range hostile() {
		t.Run(shorten(source), func(t *testing.T) {
			tree, err := CompileTree(json.RawMessage(quoted("${" + source + "}")))
			require.NoError(t, err)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err = tree.Render(vars)
			runtime.ReadMemStats(&after)
			require.True(t, isTooCostly(err), "%v", err)
			require.Less(t, (after.TotalAlloc-before.TotalAlloc)>>20, uint64(256), "MiB allocated")
		})
	}
}

// Strings that unfold are refused before they are made.
func TestLargeStringsAreRefused(t *testing.T) {
	vars := variables("data", `{"big":"`+strings.Repeat("a", 200<<10)+`","long":"`+strings.Repeat("b", 20<<10)+`"}`)
	for _, source := range []string{
		"data.big.replace('a', data.big)", "data.big.replace('', data.big)", "data.big.replace('a', data.long, 100)",
		"[data.big, data.big].join(data.big + data.big + data.big + data.big + data.big)",
		"['aaaaaaaaaaaaaaaa']" + strings.Repeat(".map(a, a + a)", 40) + "[0]",
		"json.encode([1]" + strings.Repeat(".map(a, [a, a])", 40) + ")",
		"data.big + data.big", "[data.big, data.big]", "[1]" + strings.Repeat(".map(a, [a, a])", 40), "{'a': data.big, 'b': data.big}",
	} {
		t.Run(shorten(source), func(t *testing.T) {
			tree, err := CompileTree(json.RawMessage(quoted("${" + source + "}")))
			require.NoError(t, err)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err = tree.Render(vars)
			runtime.ReadMemStats(&after)
			require.ErrorIs(t, err, ErrTooLarge)
			require.Less(t, (after.TotalAlloc-before.TotalAlloc)>>20, uint64(32), "MiB allocated")
		})
	}
}

// What a template produces is limited, in every place.
func TestOutputLimit(t *testing.T) {
	t.Parallel()
	half := strings.Repeat("a", MaxOutput/2)
	vars := variables("data", `{"half":"`+half+`"}`)
	for place, source := range map[Place]string{
		InText:   "${data.half}${data.half}!",
		InHeader: "${data.half}${data.half}!",
		InURL:    "https://h/${data.half}${data.half}",
		InForm:   "a=${data.half}&b=${data.half}",
		InMarkup: "<a>${data.half}</a>${data.half}",
		InJSON:   `["${data.half}","${data.half}"]`,
	} {
		_, err := render(source, place, vars)
		require.ErrorIs(t, err, ErrTooLarge, place.String())
	}
	got, err := render("${data.half}${data.half}", InText, vars)
	require.NoError(t, err)
	require.Len(t, got, MaxOutput)

	tree, err := CompileTree(json.RawMessage(`["${data.half}","x${data.half}"]`))
	require.NoError(t, err)
	_, err = tree.Render(vars)
	require.ErrorIs(t, err, ErrTooLarge)
}

// All expressions of one template share one cost.
func TestCostIsOfTheWholeTemplate(t *testing.T) {
	t.Parallel()
	one := "${records.all(r, records.exists(x, x.data.n == r.data.n))}"
	vars := variables("records", manyRecords(300))
	_, err := render(one, InText, vars)
	require.NoError(t, err)
	_, err = render(strings.Repeat(one, 20), InText, vars)
	require.True(t, isTooCostly(err), "%v", err)
}

func TestSourceLimits(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", MaxTemplate+1)
	_, err := CompileTemplate(long, InText)
	require.ErrorIs(t, err, ErrTooLarge)
	_, err = CompileTree(json.RawMessage(`"` + long + `"`))
	require.ErrorIs(t, err, ErrTooLarge)
	_, err = CompileTemplate("${'"+strings.Repeat("x", MaxSource)+"'}", InText)
	require.ErrorIs(t, err, ErrTooLarge)
	_, err = CompileTree(json.RawMessage(strings.Repeat("[", 200) + strings.Repeat("]", 200)))
	require.ErrorContains(t, err, "nested deeper than")
	require.Less(t, len(err.Error()), 600)
}
