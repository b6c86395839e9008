package api_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
)

// By the update's id the API vouches for the role admin, and for no other. A
// run's refusal is 403.
func TestSkipVouchesForAdminAlone(t *testing.T) {
	t.Parallel()
	f := &fake{exists: []string{"release-shop"}, update: func(options client.UpdateWorkflowOptions) (any, error) {
		if !strings.HasPrefix(options.UpdateID, "api-admin-") {
			return nil, temporal.NewNonRetryableApplicationError(`webhook "board" is enforced`, latch.ErrorForbidden, nil)
		}
		return latch.Record{DeliveryID: "dlv_1", Result: latch.ResultSkipped}, nil
	}}
	handler := withKeys(t, f)
	skip := func(key string) int {
		return call(handler, "POST", "/latch/v1/releases/shop/skip", `{"webhook":"board","event":"BEFORE_RELEASE","reason":"late"}`, "X-API-Key", key).Code
	}
	require.Equal(t, map[string]int{"admin": 200, "run": 403, "lock": 403, "read": 403},
		map[string]int{"admin": skip("admin"), "run": skip("run"), "lock": skip("lock"), "read": skip("read")})
	require.Len(t, f.updates, 2, "smaller roles do not come to the run")
	require.True(t, strings.HasPrefix(f.updates[1].UpdateID, "api-"))
}

// A run that replaces an enforced webhook is refused before it is started.
func TestStartWithAnEnforcedWebhooksID(t *testing.T) {
	t.Parallel()
	f := &fake{}
	handler := withKeys(t, f)
	put := call(handler, "PUT", "/latch/v1/webhooks/board", `{"enforced":true,"events":[{"event":"BEFORE_RELEASE","blocking":true}]}`, "X-API-Key", "admin")
	require.Equal(t, 200, put.Code, put.Body)
	require.Contains(t, put.Body.String(), `"enforced":true`)
	for path, spec := range map[string]string{
		"/latch/v1/releases": `{"id":"shop","steps":[{"name":"a","do":{"http":{"url":"https://example.com/"}}}]`,
		"/latch/v1/events":   `{"event":"DEPLOYED"`,
	} {
		const own = `"webhooks":[{"id":"board","enabled":false,"url":"https://example.com/","event":"DEPLOYED"}]}`
		refused := problemOf(t, call(handler, "POST", path, spec+","+own, "X-API-Key", "run"), 422)
		require.Contains(t, refused.Detail, `webhooks[0].id: "board" is the id of an enforced registered webhook`)
		require.Equal(t, 201, call(handler, "POST", path, spec+"}", "X-API-Key", "run").Code)
	}
	require.Len(t, f.starts, 2)
}
