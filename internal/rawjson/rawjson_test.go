package rawjson_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/rawjson"
)

// Characters of HTML are not escaped, and no line break follows the value.
func TestEncode(t *testing.T) {
	t.Parallel()
	for want, value := range map[string]any{
		`"<a href=\"/?x&y\">"`: `<a href="/?x&y">`,
		`"\n"`:                 "\n",
		`{"<":[1,null]}`:       map[string]any{"<": []any{1, nil}},
		`null`:                 func() {},
	} {
		require.Equal(t, want, string(rawjson.Encode(value)))
	}
}

// A command's JSON output is indented and not escaped.
func TestWrite(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	require.NoError(t, rawjson.Write(&out, map[string]any{"a": json.RawMessage(`{"b":"<1.10>"}`)}))
	require.Equal(t, "{\n  \"a\": {\n    \"b\": \"<1.10>\"\n  }\n}\n", out.String())
	require.Error(t, rawjson.Write(&out, func() {}))
}

// A key is appended to any object, whose bytes stay the same.
func TestWith(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		`{}`:                 `{"k":"<1>"}`,
		" { } \n":            `{"k":"<1>"}`,
		`{"a":{"b":{}}}`:     `{"a":{"b":{}},"k":"<1>"}`,
		`{"n":1.10,"m":"<"}`: `{"n":1.10,"m":"<","k":"<1>"}`,
	} {
		require.Equal(t, want, string(rawjson.With(json.RawMessage(given), "k", "<1>")))
	}
}
