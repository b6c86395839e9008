package expr

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/hang"
)

func TestPartsAreNamesLiteralsAndOperators(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]int{
		``: 0, `a`: 1, `job.id`: 3, `vars.n == 12`: 6, `'a b c' + "d"`: 3, "a\n\t+ b": 3, `[1,1]`: 5, `'it\'s'`: 1, `r'\' + b`: 4,
		`x.matches('a+')`: 6 + partsOfPattern, `'` + strings.Repeat("x", 4*bytesOfPart) + `'`: 5,
	} {
		require.Equal(t, partsOfExpression+want, Parts(source), source)
	}
}

// Contract, "Templates": the expressions of a template or a JSON value are limited, and so are
// their errors.
func TestExpressionsOfOneTemplateAreBounded(t *testing.T) {
	t.Parallel()
	expression := "${[" + strings.Repeat("1,", 7000) + "1]}"
	for _, source := range []string{strings.Repeat(expression, 5), strings.Repeat("${1+1}", 40_000), strings.Repeat("${1+1}", 40_000) + "${"} {
		_, err := CompileTemplate(source, InText)
		require.ErrorIs(t, err, ErrTooLarge)
		require.Contains(t, err.Error(), "the limit is 60000")
	}
	_, err := CompileTree(json.RawMessage("[" + strings.Repeat(quoted(expression)+",", 5) + "1]"))
	require.ErrorIs(t, err, ErrTooLarge)
	_, err = CompileTemplate(strings.Repeat("${data.n}", 5000), InText)
	require.NoError(t, err)

	for _, err := range []error{
		func() error { _, err := CompileTemplate(strings.Repeat("${?}", 10_000), InText); return err }(),
		func() error {
			_, err := CompileTree(json.RawMessage("[" + strings.Repeat(`"${?}",`, 10_000) + "1]"))
			return err
		}(),
	} {
		require.Len(t, err.(interface{ Unwrap() []error }).Unwrap(), maxErrors)
	}
}

// Many expressions with JSON's escapes in one string are each read once.
func TestEscapedExpressionsAreReadOnce(t *testing.T) {
	const escaped = `${data[\"a\"]}`
	source := `{"a":"` + strings.Repeat(escaped, MaxTemplate/len(escaped)-10) + `"}`
	var err error
	took := hang.CPUTime(func() { _, err = CompileTemplate(source, InJSON) })
	require.ErrorIs(t, err, ErrTooLarge)
	require.Less(t, took, 5*time.Second)
	source = `{"a":"` + strings.Repeat(escaped, 3000) + `"}`
	got, err := render(source, InJSON, variables("data", `{"a":1}`))
	require.NoError(t, err)
	require.Equal(t, `{"a":"`+strings.Repeat("1", 3000)+`"}`, got)
	long := `{"a":"${data[\"a\"] + ` + strings.Repeat(`1 + `, 80) + `1}"}`
	got, err = render(long, InJSON, variables("data", `{"a":1}`))
	require.NoError(t, err)
	require.Equal(t, `{"a":"82"}`, got)
}

// The sources of a template are found without compiling it.
func TestSourcesOfATemplate(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"job.id", " 1 + ", `{'a': '}'}`}, Sources(`x ${job.id} $${not} ${ 1 + }${{'a': '}'}}`, InText))
	require.Equal(t, []string{`data["a"]`}, Sources(`{"a":"${data[\"a\"]}"}`, InJSON))
	require.Equal(t, []string{"a"}, Sources(`${a} ${b`, InText))
	require.Empty(t, Sources(`none`, InText))
}
