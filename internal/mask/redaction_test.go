package mask

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A * in a header's name stands for any characters.
func TestMatches(t *testing.T) {
	t.Parallel()
	for text, matched := range map[string]bool{"*": true, "abc": true, "a*": true, "*c": true, "a*c": true, "*b*": true,
		"a*b*c": true, "abc*": true,
		"ab": false, "": false, "b*": false, "*b": false, "a*d": false, "abc*c": false, "ab*bc": false, "*d*": false} {
		require.Equal(t, matched, matches(strings.Split(text, "*"), "abc"), "%q", text)
	}
}
