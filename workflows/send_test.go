package workflows

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// Deliveries to one endpoint share a fairness key, within Temporal's limit.
func TestEndpointKey(t *testing.T) {
	t.Parallel()
	for _, each := range []struct{ url, key string }{
		{"https://Hooks.example.com/a?b=c", "hooks.example.com"},
		{"https://hooks.example.com", "hooks.example.com"},
		{"http://127.0.0.1:8080/x/${job.id}", "127.0.0.1:8080"},
		{"${vars.url}", "slack"},
		{"https://${vars.host}/x", "slack"},
		{"", "slack"},
		{"https://" + strings.Repeat("a", 100) + ".com/", strings.Repeat("a", 61) + "…"},
	} {
		key := endpointKey(&latch.Webhook{ID: "slack", URL: each.url})
		require.Equal(t, each.key, key, each.url)
		require.LessOrEqual(t, len(key), maximumFairnessKey)
	}
}
