package workflows_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/plugin"
)

// failedJob returns the result that a failed run of a job carries.
func failedJob(t *testing.T, err error) (result latch.JobResult) {
	t.Helper()
	var application *temporal.ApplicationError
	require.ErrorAs(t, err, &application)
	require.Equal(t, latch.ErrorJobFailed, application.Type())
	require.NoError(t, application.Details(&result))
	return result
}

// A job that fails by its command has the command's exit status. For receivers, any other
// failure is a 1.
func TestReturnCodeIsTheCommandsOwn(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		task string
		exit int
		told string
	}{
		"an exit status": {`{"command":{"argv":["/bin/sh","-c","exit 3"]}}`, 3, `"returncode":3`},
		"a signal":       {`{"command":{"argv":["/bin/sh","-c","kill -9 $$"]}}`, -9, `"returncode":-9`},
		"a time limit":   {`{"command":{"argv":["sleep","60"],"timeout":"50ms"}}`, 0, `"returncode":1`},
		"no program":     {`{"command":{"argv":["no-such-program"]}}`, 0, `"returncode":1`},
		"no command":     {`{"activity":{"type":"nobody's","start_timeout":"1s","timeout":"1s"}}`, 0, `"returncode":1`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setupWith(t, plugin.Options{AllowCommands: true})
			result := failedJob(t, b.run(latch.WorkflowJobRun,
				`{"id":"j","task":`+test.task+`,"webhooks":[{"id":"w","url":"$R/w","event":"JOB_FAILURE"}]}`))
			require.Equal(t, test.exit, result.ExitStatus)
			require.Contains(t, b.bodies("JOB_FAILURE"), test.told)
		})
	}
}

// A run of a registered job that cannot run fails before its work, and its webhooks receive the
// reason.
func TestARunOfAJobThatCannotRunFails(t *testing.T) {
	t.Parallel()
	b := setup(t)
	input := `{"id":"22739","task":{"http":{"url":"` + b.url + `/do"}},"webhooks":[{"id":"w","url":"` + b.url + `/w","event":"JOB_FAILURE"}]}`
	b.env.ExecuteWorkflow(latch.WorkflowJobRun, json.RawMessage(input), protocol.Siblings{}, protocol.Lineage{Lacks: "it is of type sql"})
	result := failedJob(t, b.env.GetWorkflowError())
	require.Equal(t, `job "22739" cannot run: it is of type sql`, result.Error)
	require.Equal(t, []string{"JOB_FAILURE"}, b.received(), "nothing of the work was done")
}

// Runs of registered jobs show their status in the format of Mitto's clients.
func TestStatusOfARegisteredJobInTemplates(t *testing.T) {
	t.Parallel()
	b := setup(t)
	input := `{"id":"22739","task":{"http":{"url":"` + b.url + `/do"}},"webhooks":[{"id":"w","url":"` + b.url + `/w","event":"JOB_SUCCESS",
		"body":{"event":"told","status":"${job.status}"}}]}`
	b.env.ExecuteWorkflow(latch.WorkflowJobRun, json.RawMessage(input), protocol.Siblings{},
		protocol.Lineage{Fields: latch.Object{"type": json.RawMessage(`"http"`)}})
	require.NoError(t, b.env.GetWorkflowError())
	var told struct {
		Status struct {
			ID    int64
			RunID string `json:"run_id"`
		}
	}
	require.NoError(t, json.Unmarshal([]byte(b.bodies("told")), &told))
	require.NotEmpty(t, told.Status.RunID)
	require.Equal(t, protocol.RunNumber("22739", told.Status.RunID), told.Status.ID)
}
