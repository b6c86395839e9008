package protocol_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/protocol"
)

// What Temporal accepted as the arguments of a run is never too large for the answer that has
// them, which Temporal bounds too: 2 MiB.
func TestLargeArgumentsAreApart(t *testing.T) {
	t.Parallel()
	sized := func(sizes ...int) [][]byte {
		arguments := make([][]byte, len(sizes))
		for i, size := range sizes {
			arguments[i] = make([]byte, size)
		}
		return arguments
	}
	for name, c := range map[string]struct {
		sizes, apart []int
	}{
		"small":         {[]int{10, 20, 0}, nil},
		"as they fit":   {[]int{protocol.MaximumArguments}, nil},
		"one too large": {[]int{10, protocol.MaximumArguments, 20}, []int{1}},
		"the largest":   {[]int{2 << 20}, []int{0}},
		"together":      {[]int{800 << 10, 800 << 10, 300 << 10}, []int{1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var ending protocol.Ending
			ending.SetArguments(sized(c.sizes...))
			require.Equal(t, c.apart, ending.Apart)
			require.Len(t, ending.Arguments, len(c.sizes))
			for i, argument := range ending.Arguments {
				if len(argument) > 0 {
					require.Len(t, argument, c.sizes[i])
				}
			}
			encoded, err := json.Marshal(ending)
			require.NoError(t, err)
			require.Less(t, len(encoded), 2<<20)
		})
	}
}
