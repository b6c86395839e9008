package activities

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/runs"
	"github.com/latch-run/latch/internal/runs/runstest"
)

// A job of a sequence within another one is answered by both. Of two jobs with one id, the nearer
// counts.
func TestEarlierJobsOfSequencesWithinSequences(t *testing.T) {
	t.Parallel()
	server := &runstest.Temporal{}
	request := func(run *runstest.Run) protocol.EarlierRequest {
		execution := run.Info.GetExecution()
		return protocol.EarlierRequest{ParentRun: protocol.ParentRun{WorkflowID: execution.GetWorkflowId(), RunID: execution.GetRunId()},
			Untold: protocol.Untold{Count: 2, Attempt: 1}}
	}
	outer := server.Add("job-all", latch.WorkflowJobRun, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING)
	inner := server.Add("job-all/inner", latch.WorkflowJobRun, enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED)
	answers := func(run *runstest.Run, answer protocol.EarlierJobs) {
		run.Answer = func(query string) (any, error) {
			require.Equal(t, protocol.QueryEarlierJobs, query)
			return answer, nil
		}
	}
	above := request(outer)
	succeeded := protocol.Sibling{Status: latch.JobSucceeded, KVP: latch.Object{}}
	failed := protocol.Sibling{Status: latch.JobFailed, KVP: latch.Object{}}
	answers(inner, protocol.EarlierJobs{Beyond: &above, Jobs: protocol.Siblings{"a": failed}})
	answers(outer, protocol.EarlierJobs{Jobs: protocol.Siblings{"a": succeeded, "b": succeeded}})
	all := runs.New(runs.Options{Client: server})
	known, err := earlierJobs(t.Context(), all, request(inner))
	require.NoError(t, err)
	require.Equal(t, protocol.Siblings{"a": failed, "b": succeeded}, known)
	require.Equal(t, []string{"job-all/inner", "job-all"}, server.Asked)
	require.Equal(t, []any{protocol.Untold{Count: 2, Attempt: 1}}, server.Arguments)

	answers(outer, protocol.EarlierJobs{Repeated: true})
	_, err = earlierJobs(t.Context(), all, request(inner))
	requireLost(t, err, "the sequence job-all has begun anew")
}

// A question is repeated while no worker answers, and given up once Temporal no longer has the run.
func TestEarlierJobsOfASequenceThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	server := &runstest.Temporal{}
	all := runs.New(runs.Options{Client: server})
	gone := protocol.EarlierRequest{ParentRun: protocol.ParentRun{WorkflowID: "job-all", RunID: "run"}}
	_, err := earlierJobs(t.Context(), all, gone)
	requireLost(t, err, "Temporal no longer has run run of the sequence job-all")
	_, err = earlierJobs(t.Context(), all, protocol.EarlierRequest{})
	requireLost(t, err, "no sequence has started the run")

	run := server.Add("job-all", latch.WorkflowJobRun, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING)
	gone.RunID = run.Info.GetExecution().GetRunId()
	_, err = earlierJobs(t.Context(), all, gone)
	require.ErrorContains(t, err, "ask run "+gone.RunID+" of the sequence job-all", "a worker of an earlier version")
	var final *temporal.ApplicationError
	require.False(t, errors.As(err, &final), "another worker may answer")
}

func requireLost(t *testing.T, err error, message string) {
	t.Helper()
	require.ErrorContains(t, err, message)
	var final *temporal.ApplicationError
	require.ErrorAs(t, err, &final)
	require.True(t, final.NonRetryable())
}
