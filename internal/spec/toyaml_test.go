package spec

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The YAML output is read as the same JSON: keys in their order, digits of numbers, texts that
// look like something else.
func TestToYAMLIsTheOppositeOfToJSON(t *testing.T) {
	t.Parallel()
	for _, value := range []string{
		`{"z":1,"a":12345678901234567890.10,"e":1E400,"m":-0.0,"t":true,"n":null}`,
		`{"texts":["true","null","~","1","1e3","0x1f","2026-01-01","- a","a: b","#","","  x ","x\ny\n","\t","é😀\u2028","<&>","=","<<","y","%a","'\"","\u0007"]}`,
		`{"empty":{},"list":[],"nested":[[1,[{"a":[]}]]],"<<":1,"y":2,"1":3,"":4}`,
	} {
		text, err := ToYAML([]byte(value))
		require.NoError(t, err)
		back, err := ToJSON(text)
		require.NoError(t, err, string(text))
		require.Equal(t, value, string(back), string(text))
	}
	_, err := ToYAML([]byte(`{"a":`))
	require.Error(t, err)
}
