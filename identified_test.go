package latch_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// Contract, "Who did it": only a key, OpenID Connect and Slack prove a name, and fronts show how a name is
// known.
func TestIdentified(t *testing.T) {
	t.Parallel()
	for known, want := range map[string]struct {
		proven      bool
		way, person string
	}{
		latch.IdentifiedByKey:      {true, "page, key", "ann, key"},
		latch.IdentifiedByOIDC:     {true, "page, oidc", "ann, oidc"},
		latch.IdentifiedBySlack:    {true, "page, slack", "ann, slack"},
		latch.IdentifiedByLink:     {false, "page, link", "ann, link"},
		latch.IdentifiedByLocal:    {false, "page, local", "ann, local"},
		latch.IdentifiedByTemporal: {false, "page", "ann"},
		"":                         {false, "page", "ann"},
	} {
		require.Equal(t, want.proven, latch.IsProven(known), known)
		require.Equal(t, want.way, (&latch.RecordLock{Via: latch.ViaPage, IdentifiedBy: known}).Way())
		require.Equal(t, want.person, (&latch.DecidedBy{By: "ann", IdentifiedBy: known}).Person())
	}
	require.Empty(t, (&latch.DecidedBy{IdentifiedBy: latch.IdentifiedByKey}).Person())
}
