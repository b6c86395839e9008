package protocol_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// "delivery_id is dlv_…, URL-safe": it contains its run's id, and is unique.
func TestDeliveryIDs(t *testing.T) {
	t.Parallel()
	run := uuid.NewString()
	id := protocol.DeliveryID(run, "0 slack")
	require.Regexp(t, `^dlv_[A-Za-z0-9_-]{36}$`, id)
	require.Equal(t, id, protocol.DeliveryID(run, "0 slack"))
	require.NotEqual(t, id, protocol.DeliveryID(run, "1 slack"))
	found, ok := protocol.RunOf(id)
	require.True(t, ok)
	require.Equal(t, run, found)

	for _, other := range []string{"", "dlv_", "dlv_AAAAAAAAAAAAAAAAAAAAAAAA", id + "A", id[4:], "dlv_" + "!" + id[5:]} {
		_, ok := protocol.RunOf(other)
		require.False(t, ok, other)
	}
}

// A run is found by each of its webhooks, and by each event of one.
func TestWebhookTags(t *testing.T) {
	t.Parallel()
	off := false
	require.Equal(t, []string{"board", "board:BEFORE_RELEASE", "slack", "slack:JOB_SUCCESS"}, protocol.WebhookTags(
		latch.Webhook{ID: "slack", Event: "JOB_SUCCESS"},
		latch.Webhook{ID: "off", Event: "JOB_SUCCESS", Enabled: &off},
		latch.Webhook{ID: "board", Events: []latch.Event{{Event: "BEFORE_RELEASE"}}},
	))
}
