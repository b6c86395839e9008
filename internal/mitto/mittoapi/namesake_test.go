package mittoapi_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"

	"github.com/latch-run/latch/internal/api/apitest"
	"github.com/latch-run/latch/internal/registry"
)

// A workflow that has a job's id but is not a run of the job is named at START, and is not
// stopped.
func TestANamesakeOfAJobsRun(t *testing.T) {
	t.Parallel()
	b := newMitto(t)
	b.do(201, "POST", "/v2/jobs", cmdJob)
	b.registry.StartError = &registry.NamesakeError{WorkflowID: "job-22739", RunID: "run-9", Type: "shop.Evil"}
	got := b.do(409, "POST", "/v2/jobs/22739/:actions", `{"action":"START"}`)
	require.Contains(t, got, `"workflow_id":"job-22739","run_id":"run-9"`)
	require.Contains(t, got, "shop.Evil")
	b.temporal.Add("job-22739", "shop.Evil",
		enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING).Update = apitest.AlwaysUpdated(nil, serviceerror.NewQueryFailed("unknown queryType stop"))
	require.Contains(t, b.do(409, "POST", "/v2/jobs/22739/:actions", `{"action":"STOP"}`), "not running")
}
