package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

// A disabled endpoint is tried by a new interval from when its webhook gets one, and soon after the
// webhook itself has changed. If the attempt arrives, the endpoint has recovered.
func TestAMendedEndpointIsTriedSoon(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.serve("LATCH_API_KEYS", apiKeys)
	b.receiver.Script("/dead", receiver.Status(503))
	s.register("pager", `{"url":"{R}/pager","events":[{"event":"ENDPOINT_DISABLED"},{"event":"ENDPOINT_RECOVERED"}]}`)
	hook := func(path, probe string) {
		s.register("dead", fmt.Sprintf(`{"url":"{R}%s","event":"PINGED","health":{"warn_at":[],"disable_after":"1s","probe":%q},
			"retry":{"initial_interval":"100ms","maximum_interval":"100ms"}}`, path, probe))
	}
	endpoint := func() *latch.EndpointState {
		var shown latch.RegisteredWebhook
		s.as("read-key-0123456789", "GET", "/latch/v1/webhooks/dead", "").read(t, 200, &shown)
		return shown.Endpoint
	}
	hook("/dead", "24h")
	b.ping("dead")
	b.arrives("/pager", 1)
	require.Eventually(t, func() bool { return endpoint().Disabled() }, patience, tick)
	tried := len(b.receiver.Requests("/dead"))

	hook("/dead", "12h")
	require.WithinDuration(t, time.Now().Add(12*time.Hour), endpoint().ProbeAt.Time, time.Minute)
	hook("/dead", "2s")
	b.arrives("/dead", tried+1)
	hook("/mended", "24h")
	b.arrives("/mended", 1)
	b.arrives("/pager", 2)
	require.Equal(t, []string{"ENDPOINT_DISABLED", "ENDPOINT_RECOVERED"}, b.told("/pager"))
	require.Eventually(t, func() bool { return endpoint() == nil }, patience, tick)
}

// Disabling and enabling a webhook begins the count of failed attempts anew, also before its endpoint
// is disabled: the same warning comes again.
func TestEnablingBeginsTheCountAnew(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.serve("LATCH_API_KEYS", apiKeys)
	b.receiver.Script("/dead", receiver.Status(503))
	s.register("dead", `{"url":"{R}/dead","event":"PINGED","health":{"warn_at":[2]},"retry":{"maximum_attempts":1}}`)
	s.register("pager", `{"url":"{R}/pager","event":"ENDPOINT_FAILING"}`)
	for warnings := range 2 {
		b.ping("dead")
		b.ping("dead")
		b.arrives("/pager", warnings+1)
		b.ping("dead")
		for _, change := range []string{"disable", "enable"} {
			s.as("admin-key=1-0123456789", "POST", "/latch/v1/webhooks/dead/"+change, "").read(t, 200, nil)
		}
	}
	require.Equal(t, []string{"ENDPOINT_FAILING 2", "ENDPOINT_FAILING 2"}, b.told("/pager"))
}
