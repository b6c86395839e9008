package piece_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/console/piece"
)

// A long line is cut to where its problem is, whatever bytes a client posted.
func TestALongLineIsCutToItsProblem(t *testing.T) {
	t.Parallel()
	for name, line := range map[string]string{"ASCII": strings.Repeat("a", 600), "wide": strings.Repeat("ü", 600),
		"not UTF-8": strings.Repeat("\x80", 600)} {
		shown := piece.SourceOf("s", "s", line, latch.Problems{{Path: "p", Message: "wrong", Line: 1, Column: 590}})
		require.Len(t, shown.Lines, 1, name)
		require.Less(t, len(shown.Lines[0].Text), 500, name)
		require.True(t, strings.HasPrefix(shown.Lines[0].Text, "…"), name)
	}
}
