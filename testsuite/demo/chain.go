package main

import (
	"encoding/json"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

var anotherJob = showcase{
	title:  "One job's webhook starts another job",
	source: mitto,
	says: `You can create Webhooks that interact directly with Mitto itself.
For example, one job's webhook can start another job.
(Here through the HTTP API that Temporal's own server has.)`,
	play: func(s *scene) {
		s.answers("/load", receiver.JSON(200, `{"rows":42}`))
		run := s.start(latch.WorkflowJobRun, "job-extract", "Extract", json.RawMessage(strings.NewReplacer(
			"RECEIVER", s.receiver.URL, "TEMPORAL", s.up.Server.HTTPAddress).Replace(extractJob)))
		first := s.job(run)

		require.Len(s, first.History, 1, "the first job's webhook history")
		record := first.History[0]
		require.Equal(s, latch.ResultPass, record.Result, "the call of Temporal's HTTP API: %s", record.Error)
		var runID string
		s.decode(record.Data["runId"], &runID)
		s.came("Temporal's HTTP API answered %d: it started run %s", record.Response.Status, runID)
		s.shows("job-load", runID)

		loaded := s.arrived("/loaded", 1)[0]
		second := s.job(s.up.Client.GetWorkflow(s.ctx, "job-load", runID))
		require.Equal(s, "load", second.ID, "the second job's id")
		require.Len(s, s.receiver.Requests("/load"), 1, "requests of the second job's task")
		require.JSONEq(s, `{"job":"load","started_by":"extract","rows":42}`, string(loaded.Body), "the second job's own webhook")
		s.right("the second job ran its task, and its own webhook told so")
	},
}

// extractJob starts another job. What the second job is to expand is written
// with $${ in the first one's body.
const extractJob = `{
  "id": "extract", "title": "Extract",
  "task": {"http": {"url": "RECEIVER/extract"}},
  "webhooks": [{
    "id": "start-load", "event": "JOB_SUCCESS",
    "url": "TEMPORAL/api/v1/namespaces/default/workflows/job-load",
    "body": {
      "workflowType": {"name": "latch.JobRun"},
      "taskQueue": {"name": "latch"},
      "input": [{
        "id": "load", "title": "Load",
        "task": {"http": {"url": "RECEIVER/load"}},
        "webhooks": [{
          "id": "loaded", "event": "JOB_COMPLETE", "url": "RECEIVER/loaded",
          "body": {"job": "$${job.id}", "started_by": "${job.id}", "rows": "$${job.status.kvp.rows}"}
        }]
      }]
    }
  }]
}`
