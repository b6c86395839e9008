package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api/apitest"
)

// Registered webhooks are shown without keys, and keep them when they are sent back.
func TestWebhooksThatStandByThemselvesKeepKeys(t *testing.T) {
	t.Parallel()
	handler := apitest.WithKeys(t, apitest.Temporal())
	const path = "/latch/v1/webhooks"
	const webhook = `{"id":"chain","url":"https://latch.example/:actions?API_KEY=hush",
		"headers":{"X-Token":"hush","X-Shown":"shown"},"event":"JOB_SUCCESS",
		"auth":{"oauth2":{"token_url":"https://t.example/?key=hush","client_id":"a","client_secret":"b"}}}`
	created := apitest.Call(handler, "POST", path, webhook, "X-API-Key", "admin")
	require.Equal(t, 201, created.Code, created.Body)
	shown := created.Body.String()
	for range 2 {
		require.NotContains(t, shown, "hush")
		require.Contains(t, shown, `"https://latch.example/:actions?API_KEY=***"`)
		put := apitest.Call(handler, "PUT", path+"/chain", strings.Replace(shown, `"shown"`, `"changed"`, 1), "X-API-Key", "admin")
		require.Equal(t, 200, put.Code, put.Body)
		shown = put.Body.String()
	}
	for _, role := range []string{"read", "admin"} {
		for _, at := range []string{path, path + "/chain"} {
			require.NotContains(t, apitest.Call(handler, "GET", at, "", "X-API-Key", role).Body.String(), "hush")
		}
	}
	disabled := apitest.Call(handler, "POST", path+"/chain/disable", "", "X-API-Key", "admin")
	require.Equal(t, http.StatusOK, disabled.Code)
	require.NotContains(t, disabled.Body.String(), "hush")

	// A hidden value could be found by moving it to another host, so only the same host gets
	// it.
	var kept latch.RegisteredWebhook
	require.NoError(t, json.Unmarshal(disabled.Body.Bytes(), &kept))
	moved := strings.ReplaceAll(disabled.Body.String(), "latch.example", "evil.example")
	refused := apitest.Call(handler, "PUT", path+"/chain", moved, "X-API-Key", "admin")
	require.Equal(t, 422, refused.Code, refused.Body)
}
