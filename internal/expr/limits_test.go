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

// The output of a template is limited, in every place.
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
