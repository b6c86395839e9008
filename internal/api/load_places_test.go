package api

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// Urgent requests, and all that is done in the console, find a tenth more room than calls do, and ten
// places at the least.
func TestPlaces(t *testing.T) {
	t.Parallel()
	console := context.WithValue(t.Context(), viaKey{}, latch.ViaConsole)
	for calls, reserve := range map[int]int{1: 10, 100: 10, 500: 50} {
		a := routed(t)
		a.bounds = newBounds(calls, a.metrics)
		enter := func(ctx context.Context, load Load) (refused *Problem) {
			_, refused = a.Enter(ctx, load)
			return refused
		}
		for range calls {
			require.Nil(t, enter(t.Context(), LoadCall))
		}
		require.NotNil(t, enter(t.Context(), LoadCall))
		for i := range reserve {
			if i%2 == 0 {
				require.Nil(t, enter(console, LoadCall))
			} else {
				require.Nil(t, enter(t.Context(), LoadUrgent))
			}
		}
		require.NotNil(t, enter(console, LoadCall))
		require.NotNil(t, enter(t.Context(), LoadUrgent))
		require.Nil(t, enter(t.Context(), LoadNone))
	}
}
