package activities

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/voucher"
)

// A run whose messages would have buttons that can do nothing is refused, with what is missing.
func TestButtonsThatCouldDoNothing(t *testing.T) {
	t.Parallel()
	off := false
	key := voucher.NewKey([]byte("link-key-0123456789"))
	for name, test := range map[string]struct {
		webhook latch.Webhook
		options Options
		says    string
	}{
		"slack": {latch.Webhook{Preset: "slack", Interactive: true}, Options{Vouchers: key}, ""},
		"slack without a key": {latch.Webhook{Preset: "slack", Interactive: true},
			Options{APIURL: "https://latch.example.com"}, "webhooks[0].interactive: who clicks is proven to the run by LATCH_LINK_KEY"},
		"teams": {latch.Webhook{Preset: "teams", Interactive: true},
			Options{Vouchers: key, APIURL: "https://latch.example.com"}, ""},
		"teams without a page": {latch.Webhook{Preset: "teams", Interactive: true}, Options{Vouchers: key},
			"webhooks[0].interactive: the buttons in Teams are links to the lock's page, and this worker has no LATCH_API_URL"},
		"disabled":                {latch.Webhook{Preset: "teams", Interactive: true, Enabled: &off}, Options{}, ""},
		"no buttons":              {latch.Webhook{Preset: "teams"}, Options{}, ""},
		"another chat, unchecked": {latch.Webhook{Preset: "discord", Interactive: true}, Options{}, ""},
	} {
		var problems latch.Problems
		test.webhook.Events = []latch.Event{{Event: latch.EventBeforeRelease, Blocking: true}}
		(&Activities{options: test.options}).checkVotes(&problems, "", []latch.Webhook{test.webhook}, "")
		if test.says == "" {
			require.Empty(t, problems, name)
			continue
		}
		require.ErrorContains(t, problems, test.says, name)
	}
}
