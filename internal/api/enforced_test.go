package api_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api/apitest"
)

// By the update's id the API vouches for the role admin, and for no other. A
// run's refusal is 403.
func TestSkipVouchesForAdminAlone(t *testing.T) {
	t.Parallel()
	f := apitest.Running("release-shop", nil, func(options client.UpdateWorkflowOptions) (any, error) {
		if !strings.HasPrefix(options.UpdateID, "api-admin-key-") {
			return nil, temporal.NewNonRetryableApplicationError(`webhook "board" is enforced`, latch.ErrorForbidden, nil)
		}
		return latch.Record{DeliveryID: "dlv_1", Result: latch.ResultSkipped}, nil
	})
	handler := apitest.WithKeys(t, f)
	skip := func(key string) int {
		return apitest.Call(handler, "POST", "/latch/v1/releases/shop/skip",
			`{"webhook":"board","event":"BEFORE_RELEASE","reason":"late"}`, "X-API-Key", key).Code
	}
	require.Equal(t, map[string]int{"admin": 200, "run": 403, "lock": 403, "read": 403},
		map[string]int{"admin": skip("admin"), "run": skip("run"), "lock": skip("lock"), "read": skip("read")})
	require.Len(t, f.Updates, 2, "smaller roles do not come to the run")
	require.True(t, strings.HasPrefix(f.Updates[1].UpdateID, "api-key-"))
}

// A run that replaces an enforced webhook is refused before it is started.
func TestStartWithAnEnforcedWebhooksID(t *testing.T) {
	t.Parallel()
	f := apitest.Temporal()
	handler := apitest.WithKeys(t, f)
	put := apitest.Call(handler, "PUT", "/latch/v1/webhooks/board",
		`{"enforced":true,"events":[{"event":"BEFORE_RELEASE","blocking":true}]}`, "X-API-Key", "admin")
	require.Equal(t, 200, put.Code, put.Body)
	require.Contains(t, put.Body.String(), `"enforced":true`)
	for path, spec := range map[string]string{
		"/latch/v1/releases": `{"id":"shop","steps":[{"name":"a","do":{"http":{"url":"https://example.com/"}}}]`,
		"/latch/v1/events":   `{"event":"DEPLOYED"`,
	} {
		const own = `"webhooks":[{"id":"board","enabled":false,"url":"https://example.com/","event":"DEPLOYED"}]}`
		refused := apitest.ProblemOf(t, apitest.Call(handler, "POST", path, spec+","+own, "X-API-Key", "run"), 422)
		require.Contains(t, refused.Detail, `webhooks[0].id: "board" is the id of an enforced registered webhook`)
		require.Equal(t, 201, apitest.Call(handler, "POST", path, spec+"}", "X-API-Key", "run").Code)
	}
	require.Len(t, f.Starts, 2)
}
