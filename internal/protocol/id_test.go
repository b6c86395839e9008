package protocol

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A text that Temporal would reject is not an id. Letters of any script are allowed.
func TestIsID(t *testing.T) {
	t.Parallel()
	for text, is := range map[string]bool{
		"job-1": true, "größe/版 1:2": true, strings.Repeat("x", 1000): true,
		"": false, "\xff": false, "a\x00b": false, "a\nb": false, strings.Repeat("x", 1001): false,
	} {
		require.Equal(t, is, IsID(text), "%.20q", text)
	}
}
