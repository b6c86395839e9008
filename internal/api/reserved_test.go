package api_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch/internal/registry"
)

// Contract, "Names": a role that may start releases may not occupy an id on
// which Temporal or Latch relies, by none of the ways in which a body or a query
// names one.
func TestReservedWorkflowIDs(t *testing.T) {
	t.Parallel()
	f := &fake{}
	handler := withKeys(t, f)
	const work = `{"http":{"url":"https://example.com/"}}`
	release := func(id, task string) string { return `{"id":"` + id + `","steps":[{"name":"a","do":` + task + `}]}` }
	for _, id := range []string{"temporal-sys-scheduler:latch-webhooks-latch", "temporal-sys-x", "__temporal_x", "job-22739", "latch-trigger-1", "latch-tags", "deliver-dlv_1", "redeliver-dlv_1", "operator-dlv_1"} {
		for path, body := range map[string]string{"/latch/v1/releases": release("shop", work), "/latch/v1/events": `{"event":"CREATED"}`} {
			got := problemOf(t, call(handler, "POST", path+"?workflow_id="+url.QueryEscape(id), body, "X-API-Key", "run"), 422)
			require.Contains(t, got.Detail, `workflow_id: "`+id+`" is reserved`)
		}
		got := problemOf(t, call(handler, "POST", "/latch/v1/releases", release("shop", `{"workflow":{"type":"W","id":"`+id+`"}}`), "X-API-Key", "run"), 422)
		require.Equal(t, "body.steps[0].do.workflow.id", got.Errors[0].Location)
	}
	for path, body := range map[string]string{
		"/latch/v1/releases": release("temporal-sys-scheduler:x", work), "/latch/v1/events": `{"id":"temporal-sys-x","event":"CREATED"}`,
	} {
		got := problemOf(t, call(handler, "POST", path, body, "X-API-Key", "run"), 422)
		require.Equal(t, "body.id", got.Errors[0].Location)
	}
	require.Empty(t, f.starts)
	require.Equal(t, 201, call(handler, "POST", "/latch/v1/releases?workflow_id=shop-job-1", release("shop", work), "X-API-Key", "run").Code)
}

// A workflow that is no job's run, and bears its id, is named at START, and is
// not stopped.
func TestANamesakeOfAJobsRun(t *testing.T) {
	t.Parallel()
	b := newMitto(t)
	b.do(201, "POST", "/v2/jobs", cmdJob)
	b.registry.startError = &registry.NamesakeError{WorkflowID: "job-22739", RunID: "run-9", Type: "shop.Evil"}
	got := b.do(409, "POST", "/v2/jobs/22739/:actions", `{"action":"START"}`)
	require.Contains(t, got, `"workflow_id":"job-22739","run_id":"run-9"`)
	require.Contains(t, got, "shop.Evil")
	b.temporal.update = func(client.UpdateWorkflowOptions) (any, error) {
		return nil, serviceerror.NewQueryFailed("unknown queryType stop")
	}
	require.Contains(t, b.do(409, "POST", "/v2/jobs/22739/:actions", `{"action":"STOP"}`), "not running")
}
