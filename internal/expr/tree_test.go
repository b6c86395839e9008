package expr

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Contract, "Templates": in JSON every string is a template, and a single ${…} keeps its type.
func TestTree(t *testing.T) {
	t.Parallel()
	vars := variables("data", `{"n":1.10,"b":false,"nil":null,"s":"a\"b","o":{"b":[1e400],"a":1},"big":9007199254740993123}`, "event", `"E"`)
	for _, c := range []struct{ name, source, want string }{
		{"no template", ` { "b" : [ 1.0 , -0 , 1e400 , true , null , "x" ] , "a" : { } } `, `{"b":[1.0,-0,1e400,true,null,"x"],"a":{}}`},
		{"typed leaves", `{"n":"${data.n}","b":"${data.b}","z":"${data.nil}","s":"${data.s}","o":"${data.o}","i":"${data.big}"}`,
			`{"n":1.10,"b":false,"z":null,"s":"a\"b","o":{"a":1,"b":[1e400]},"i":9007199254740993123}`},
		{"text leaves", `["n=${data.n}"," ${data.n}","${data.nil}${data.nil}","${data.s}!","${data.o}\n"]`,
			`["n=1.10"," 1.10","","a\"b!","{\"a\":1,\"b\":[1e400]}\n"]`},
		{"keys are no templates", `{"${event}":"${event}","$${x}":1}`, `{"${event}":"E","$${x}":1}`},
		{"escaped dollars", `{"a":"$${event}","b":"$${event} ${event}"}`, `{"a":"${event}","b":"${event} E"}`},
		{"keys in their order", `{"z":"${event}","a":1,"m":{"y":2,"b":"${event}"}}`, `{"z":"E","a":1,"m":{"y":2,"b":"E"}}`},
		{"a root leaf", `"${data.o}"`, `{"a":1,"b":[1e400]}`},
		{"a scalar", `3`, `3`},
		{"null", `null`, `null`},
		{"quotes in expressions", `{"a":"${data[\"s\"]}"}`, `{"a":"a\"b"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tree, err := CompileTree(json.RawMessage(c.source))
			require.NoError(t, err)
			got, err := tree.Render(vars)
			require.NoError(t, err)
			require.Equal(t, c.want, string(got))
		})
	}
}

func TestTreeUsesAndStatic(t *testing.T) {
	t.Parallel()
	tree, err := CompileTree(json.RawMessage(`{"a":["${job.id} ${event}"],"b":"${data.x}","c":"$${lock}"}`))
	require.NoError(t, err)
	require.Equal(t, []string{"data", "event", "job"}, tree.Uses())
	require.False(t, tree.Static())
	tree, err = CompileTree(json.RawMessage(`{"a":["x",1,"$${lock}"]}`))
	require.NoError(t, err)
	require.Empty(t, tree.Uses())
	require.True(t, tree.Static())
}

// All that is wrong is reported at once, each with its path and position.
func TestTreeErrors(t *testing.T) {
	t.Parallel()
	_, err := CompileTree(json.RawMessage(`{"items":[{"text":"ok"},{"text":"x ${nope}"}],"a b":"${","deep":{"":["${1 +}"]}}`))
	for _, want := range []string{
		`.items[1].text: "x ${nope}": line 1, column 5: undeclared reference to 'nope'`,
		`["a b"]: "${": line 1, column 1: this ${ has no closing }`,
		`.deep[""][0]: "${1 +}": line 1, column 6: Syntax error`,
	} {
		require.ErrorContains(t, err, want)
	}
	var compileErr *CompileError
	require.ErrorAs(t, err, &compileErr)

	for _, source := range []string{``, `{`, `{"a":1}x`, `{"a" 1}`, `[1,]`, `tru`, `{"a":1} {"b":2}`, `]`} {
		_, err := CompileTree(json.RawMessage(source))
		require.ErrorAs(t, err, &compileErr, "%q", source)
		require.ErrorContains(t, err, "not JSON", "%q", source)
	}

	tree, err := CompileTree(json.RawMessage(`{"items":[1,"${data.nope}"]}`))
	require.NoError(t, err)
	_, err = tree.Render(nil)
	requireEval(t, err, "data.nope", ".items[1]: ", "no such key: nope")
	tree, err = CompileTree(json.RawMessage(`["${data[?'nope']}"]`))
	require.NoError(t, err)
	_, err = tree.Render(nil)
	requireEval(t, err, "data[?'nope']", ".orValue(")
	require.False(t, strings.Contains(err.Error(), "internal"))
}
