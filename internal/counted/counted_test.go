package counted_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/counted"
)

func TestNumbersInWords(t *testing.T) {
	t.Parallel()
	for n, want := range []string{"0 entries, never", "1 entry, once", "2 entries, 2 times"} {
		require.Equal(t, want, counted.Of(n, "entry", "entries")+", "+counted.Times(n))
	}
}
