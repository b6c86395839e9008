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
For example, one job's webhook can start another job:
http://localhost:7127/v2/jobs/<job_id>/:actions with the body {"action": "START"}`,
	play: func(s *scene) {
		s.answers("/load", receiver.JSON(200, `{"rows":42}`))
		fill := strings.NewReplacer("RECEIVER", s.receiver.URL, "API", s.up.APIURL)
		s.starter(0, fill.Replace(loadJob), "job", "apply", "-")
		run := s.start(latch.WorkflowJobRun, "job-extract", "Extract", json.RawMessage(fill.Replace(extractJob)))
		first := s.job(run)

		require.Len(s, first.History, 1, "the first job's webhook history")
		record := first.History[0]
		require.Equal(s, latch.ResultPass, record.Result, "the call of Latch's HTTP API: %s", record.Error)
		var runID string
		s.decode(record.Data["run_id"], &runID)
		s.came("Latch's HTTP API answered %d: it started run %s", record.Response.Status, runID)
		s.shows("job-22740", runID)

		loaded := s.arrived("/loaded", 1)[0]
		second := s.job(s.up.Client.GetWorkflow(s.ctx, "job-22740", runID))
		require.Equal(s, "22740", second.ID, "the second job's id")
		require.Len(s, s.receiver.Requests("/load"), 1, "requests of the second job's task")
		require.JSONEq(s, `{"job":"Load","rows":42}`, string(loaded.Body), "the second job's own webhook")
		s.right("the second job ran its task, and its own webhook told so")
	},
}

// loadJob is a registered job: a Temporal schedule stores it.
const loadJob = `{
  "id": 22740, "title": "Load",
  "task": {"http": {"url": "RECEIVER/load"}},
  "webhooks": [{
    "id": "loaded", "event": "JOB_COMPLETE", "url": "RECEIVER/loaded",
    "body": {"job": "${job['title']}", "rows": "${job['status']['kvp']['rows']}"}
  }]
}`

// extractJob starts loadJob.
const extractJob = `{
  "id": "extract", "title": "Extract",
  "task": {"http": {"url": "RECEIVER/extract"}},
  "webhooks": [{
    "id": "start-load", "event": "JOB_SUCCESS",
    "url": "API/v2/jobs/22740/:actions",
    "body": {"action": "START"}
  }]
}`
