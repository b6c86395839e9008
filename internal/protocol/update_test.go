package protocol_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// Contract, "Who did it": the id of an update says how its sender's name is known. Nothing else in
// an id says so.
func TestIdentifiedByOf(t *testing.T) {
	t.Parallel()
	for _, way := range []string{protocol.UpdateViaAPI, protocol.UpdateByAdmin, protocol.UpdateViaPage, protocol.UpdateViaSlack} {
		for _, known := range []string{latch.IdentifiedByKey, latch.IdentifiedByOIDC, latch.IdentifiedBySlack,
			latch.IdentifiedByLink, latch.IdentifiedByLocal} {
			require.Equal(t, known, protocol.IdentifiedByOf(protocol.UpdatePrefix(way, known)+uuid.NewString()))
		}
		require.Empty(t, protocol.IdentifiedByOf(way+uuid.NewString()), "an earlier version")
		require.Empty(t, protocol.IdentifiedByOf(way+"temporal-"+uuid.NewString()))
	}
	for _, direct := range []string{"", "key-1", uuid.NewString(), "x-api-key-1"} {
		require.Equal(t, latch.IdentifiedByTemporal, protocol.IdentifiedByOf(direct), direct)
	}
}
