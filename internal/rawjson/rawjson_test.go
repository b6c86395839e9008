package rawjson_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/rawjson"
)

// Characters of HTML stay as they are, and no line break follows the value.
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
