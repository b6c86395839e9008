package api_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/api/apitest"
)

// Contract, "Names": a role that may start releases may not use an id on which Temporal or
// Latch relies, in any field of a body or a query.
func TestReservedWorkflowIDs(t *testing.T) {
	t.Parallel()
	f := apitest.Temporal()
	handler := apitest.WithKeys(t, f)
	const work = `{"http":{"url":"https://example.com/"}}`
	release := func(id, task string) string { return `{"id":"` + id + `","steps":[{"name":"a","do":` + task + `}]}` }
	for _, id := range []string{"temporal-sys-scheduler:latch-webhooks-latch", "temporal-sys-x", "__temporal_x",
		"job-22739", "latch-trigger-1", "latch-tags", "deliver-dlv_1", "redeliver-dlv_1", "operator-dlv_1"} {
		for path, body := range map[string]string{"/latch/v1/releases": release("shop", work), "/latch/v1/events": `{"event":"CREATED"}`} {
			got := apitest.ProblemOf(t, apitest.Call(handler, "POST", path+"?workflow_id="+url.QueryEscape(id), body, "X-API-Key", "run"), 422)
			require.Contains(t, got.Detail, `workflow_id: "`+id+`" is reserved`)
		}
		got := apitest.ProblemOf(t, apitest.Call(handler, "POST", "/latch/v1/releases",
			release("shop", `{"workflow":{"type":"W","id":"`+id+`"}}`), "X-API-Key", "run"), 422)
		require.Equal(t, "body.steps[0].do.workflow.id", got.Errors[0].Location)
	}
	for path, body := range map[string]string{
		"/latch/v1/releases": release("temporal-sys-scheduler:x", work), "/latch/v1/events": `{"id":"temporal-sys-x","event":"CREATED"}`,
	} {
		got := apitest.ProblemOf(t, apitest.Call(handler, "POST", path, body, "X-API-Key", "run"), 422)
		require.Equal(t, "body.id", got.Errors[0].Location)
	}
	require.Empty(t, f.Starts)
	require.Equal(t, 201, apitest.Call(handler, "POST", "/latch/v1/releases?workflow_id=shop-job-1",
		release("shop", work), "X-API-Key", "run").Code)
}
