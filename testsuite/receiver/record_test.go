package receiver

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheJournalKeepsAtMostItsLimitsAndCountsAll(t *testing.T) {
	t.Parallel()
	j := newJournal()
	big := make([]byte, maxBody)
	for range maxBytes/maxBody + 1 {
		j.add(Request{Path: "/big", Body: big})
	}
	kept := j.of("/big")
	require.Len(t, kept[len(kept)-2].Body, maxBody)
	require.Empty(t, kept[len(kept)-1].Body, "past the limit a body is dropped")
	require.True(t, kept[len(kept)-1].Truncated)

	for range maxRequests {
		j.add(Request{Path: "/many"})
	}
	require.Len(t, j.of(""), maxRequests)
	require.NoError(t, j.await(t.Context(), "/many", maxRequests), "what is not kept is counted")
}
