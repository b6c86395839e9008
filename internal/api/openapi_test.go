package api_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/api/apitest"
)

// Contract, "HTTP API": OpenAPI 3.1 describes every route with its input and output, in the
// vocabulary's own JSON.
func TestOpenAPI(t *testing.T) {
	t.Parallel()
	got := apitest.Call(apitest.WithKeys(t, apitest.Temporal()), "GET", "/openapi.json", "")
	require.Equal(t, 200, got.Code)
	var described struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			OperationID string
			RequestBody struct {
				Required bool
				Content  map[string]struct{ Schema map[string]any }
			}
			Responses map[string]struct {
				Content map[string]struct{ Schema map[string]any }
			}
		}
		Components struct {
			Schemas map[string]struct {
				Required   []string
				Properties map[string]map[string]any
			}
			SecuritySchemes map[string]any
		}
	}
	require.NoError(t, json.Unmarshal(got.Body.Bytes(), &described))
	require.Equal(t, "3.1.0", described.OpenAPI)
	for path, methods := range map[string][]string{
		"/latch/v1/releases": {"get", "post"}, "/latch/v1/releases/{id}": {"get"}, "/latch/v1/releases/{id}/stop": {"post"},
		"/latch/v1/releases/{id}/rollback": {"post"}, "/latch/v1/releases/{id}/skip": {"post"}, "/latch/v1/events": {"post"},
		"/latch/v1/webhooks": {"get", "post"}, "/latch/v1/webhooks/{id}": {"get", "put", "delete"}, "/latch/v1/webhooks/{id}/enable": {"post"},
		"/latch/v1/webhooks/{id}/disable": {"post"}, "/latch/v1/webhooks/{id}/history": {"get"}, "/latch/v1/deliveries/{id}/redeliver": {"post"},
		"/latch/v1/deliveries": {"get"}, "/latch/v1/deliveries/statistics": {"get"},
		"/latch/v1/deliveries/{id}": {"get"}, "/latch/v1/deliveries/redeliver": {"post"},
		"/latch/v1/locks": {"get"}, "/latch/v1/locks/{lock}": {"get"}, "/latch/v1/locks/{lock}/release": {"post", "delete"},
	} {
		for _, method := range methods {
			operation, found := described.Paths[path][method]
			require.True(t, found, "%s %s", method, path)
			require.NotEmpty(t, operation.OperationID)
			for _, status := range []string{"401", "403", "503"} {
				require.Equal(t, "#/components/schemas/Problem",
					operation.Responses[status].Content["application/problem+json"].Schema["$ref"], "%s %s", method, path)
			}
			for media, content := range operation.RequestBody.Content {
				require.Equal(t, "application/json", media)
				require.NotEmpty(t, content.Schema["$ref"], "%s %s", method, path)
			}
		}
	}
	start := described.Paths["/latch/v1/releases"]["post"]
	require.True(t, start.RequestBody.Required)
	require.Equal(t, "#/components/schemas/Release", start.RequestBody.Content["application/json"].Schema["$ref"])
	require.False(t, described.Paths["/latch/v1/locks/{lock}/release"]["post"].RequestBody.Required)
	schemas := described.Components.Schemas
	require.ElementsMatch(t, []string{"id", "steps"}, schemas["Release"].Required)
	require.Equal(t, "string", schemas["Event"].Properties["lock_timeout"]["type"], "durations are text")
	require.Equal(t, "date-time", schemas["Record"].Properties["started_at"]["format"])
	require.Equal(t, "object", schemas["Record"].Properties["data"]["type"])
	require.Equal(t, "array", schemas["WebhookHistory"].Properties["records"]["type"], "no array is null")
	require.Equal(t, "#/components/schemas/Health", schemas["RegisteredWebhook"].Properties["health"]["$ref"])
	require.Equal(t, "array", schemas["Health"].Properties["warn_at"]["type"])
	require.Equal(t, "string", schemas["Health"].Properties["disable_after"]["type"])
	require.Equal(t, "string", schemas["Health"].Properties["probe"]["type"])
	require.Contains(t, described.Paths["/latch/v1/webhooks"]["post"].Responses, "422")
	require.Len(t, described.Components.SecuritySchemes, 3)
}
