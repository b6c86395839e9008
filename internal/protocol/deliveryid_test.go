package protocol_test

import (
	"encoding/json"
	"fmt"
	"strings"
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

// What does not fit into the search attribute is told by one value more. Ids take precedence over
// their events.
func TestWebhookTagsFitIntoTheAttribute(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]int{10: 20, 40: 0, 1000: 0} {
		var webhooks []latch.Webhook
		for i := range n {
			webhooks = append(webhooks, latch.Webhook{ID: fmt.Sprintf("<%03d> %s", i, strings.Repeat("x", 20)), Event: "JOB_SUCCESS"})
		}
		tags := protocol.WebhookTags(webhooks...)
		encoded, err := json.Marshal(tags)
		require.NoError(t, err)
		require.LessOrEqual(t, len(encoded), 2048, "of %d webhooks", n)
		if want > 0 {
			require.Len(t, tags, want)
			continue
		}
		require.Equal(t, protocol.TagMore, tags[len(tags)-1])
		require.Greater(t, len(encoded), 1900)
		for i, tag := range tags[:min(n, len(tags)-1)] {
			require.Equal(t, webhooks[i].ID, tag)
		}
	}
}
