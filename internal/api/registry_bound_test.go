package api_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/api/apitest"
	"github.com/latch-run/latch/internal/registry"
)

// A full registry accepts no more webhooks, by either route. The error states their number and
// the limit. Existing ones stay, and can be changed.
func TestAFullRegistryTakesNoMoreWebhooks(t *testing.T) {
	t.Parallel()
	handler := apitest.WithKeys(t, apitest.Temporal())
	call := func(method, path, body string) (int, string) {
		got := apitest.Call(handler, method, "/latch/v1/webhooks"+path, body, "X-API-Key", "admin")
		return got.Code, got.Body.String()
	}
	const webhook = `{"id":"%s","event":"JOB_START","url":"https://a.example/"}`
	for n := range registry.MaximumWebhooks {
		status, body := call("POST", "", fmt.Sprintf(webhook, fmt.Sprint("w", n)))
		require.Equal(t, 201, status, body)
	}
	for method, path := range map[string]string{"POST": "", "PUT": "/more"} {
		status, body := call(method, path, fmt.Sprintf(webhook, "more"))
		require.Equal(t, 422, status, body)
		require.Contains(t, body, "there are 200 registered webhooks already, which is the limit")
	}
	status, body := call("PUT", "/w7", fmt.Sprintf(webhook, "w7"))
	require.Equal(t, 200, status, body)
	status, _ = call("GET", "/more", "")
	require.Equal(t, 404, status)
	status, _ = call("DELETE", "/w7", "")
	require.Equal(t, 204, status)
	status, body = call("PUT", "/more", fmt.Sprintf(webhook, "more"))
	require.Equal(t, 200, status, body)
}
