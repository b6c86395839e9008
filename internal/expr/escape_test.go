package expr

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// An Escape sees each value with the keys that lead to it and the text before it in its string.
// It does not see the template's own text.
func TestRenderEscaped(t *testing.T) {
	t.Parallel()
	vars := variables("data", `{"s":"v","n":1.50,"o":{"k":["x",{"l":"y"}],"n":2.0}}`)
	escape := func(keys []string, before, text string) string {
		return fmt.Sprintf("%s(%s)%s", strings.Join(keys, "."), before, text)
	}
	const want = `{"a":[{"b":"<a.b(<)v|a.b(|)1.50>"}],"c":"c()v","n":1.50,"o":{"k":["o.k()x",{"l":"o.k.l()y"}],"n":2.0},"own":"${x}"}`
	tree, err := CompileTree(json.RawMessage(
		`{"a":[{"b":"<${data.s}|${data.n}>"}],"c":"${data.s}","n":"${data.n}","o":"${data.o}","own":"$${x}"}`))
	require.NoError(t, err)
	rendered, err := tree.RenderEscaped(vars, escape)
	require.NoError(t, err)
	require.Equal(t, want, string(rendered))

	template, err := CompileTemplate(`{"a":[{"b":"<${data.s}|${data.n}>"}],"c":"${data.s}","n":${data.n},"o":${data.o},"own":"$${x}"}`, InJSON)
	require.NoError(t, err)
	text, err := template.RenderEscaped(vars, escape)
	require.NoError(t, err)
	require.Equal(t, want, text)

	plain, err := template.Render(vars)
	require.NoError(t, err)
	require.NotContains(t, plain, "(")
}
