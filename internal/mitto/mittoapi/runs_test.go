package mittoapi_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api/apitest"
	"github.com/latch-run/latch/internal/registry"
)

// The runs of a job are listed part by part, with how many there are.
func TestRunsOfAJob(t *testing.T) {
	t.Parallel()
	b := newMitto(t)
	b.do(201, "POST", "/v2/jobs", cmdJob)
	require.JSONEq(t, `{"runs":[],"count":0}`, b.do(200, "GET", "/latch/v1/jobs/22739/runs", ""))
	at := latch.NewTime(apitest.Fixed)
	b.registry.Ran["22739"] = registry.Run{RunID: "run-3", Status: latch.JobRunning, StartedAt: at}
	b.registry.Earlier = map[string][]registry.Run{"22739": {
		{RunID: "run-2", Status: latch.JobTimedOut, Error: "took too long", StartedAt: at,
			CompletedAt: latch.NewTime(at.Add(1500 * time.Millisecond))},
		{RunID: "run-1", Status: latch.JobSucceeded, StartedAt: at, CompletedAt: at},
	}}
	require.JSONEq(t, `{"count":3,"next_cursor":"more","runs":[
		{"workflow_id":"job-22739","run_id":"run-3","status":"running","returncode":null,"started_at":"2026-01-02T03:04:05.000Z"},
		{"workflow_id":"job-22739","run_id":"run-2","status":"timed_out","error":"took too long","returncode":1,"duration_ms":1500,
		 "started_at":"2026-01-02T03:04:05.000Z","completed_at":"2026-01-02T03:04:06.500Z"}]}`,
		b.do(200, "GET", "/latch/v1/jobs/22739/runs?limit=2", ""))
	require.Contains(t, b.do(404, "GET", "/latch/v1/jobs/none/runs", ""), "not registered")
	b.do(422, "GET", "/latch/v1/jobs/22739/runs?limit=201", "")
}

// A job with a schedule is paused and resumed, and a search finds the paused jobs.
func TestPauseAndResume(t *testing.T) {
	t.Parallel()
	b := newMitto(t)
	b.do(201, "POST", "/v2/jobs", `{"id":"night","type":"cmd","conf":{"cmd":"true"},"schedule":{"type":"custom","custom":"0 3 * * *"}}`)
	b.do(201, "POST", "/v2/jobs", `{"id":"by-hand","type":"cmd","conf":{"cmd":"true"}}`)
	require.Contains(t, b.do(200, "GET", "/v2/jobs/search?paused=true", ""), `"count":0`)
	got := b.do(200, "POST", "/latch/v1/jobs/night/pause", "")
	require.Contains(t, got, `"paused":true`)
	require.NotContains(t, got, "next_times")
	require.Contains(t, b.do(200, "GET", "/v2/jobs/search?paused=true", ""), `"count":1`)
	require.Contains(t, b.do(409, "POST", "/latch/v1/jobs/by-hand/pause", ""), "nothing to pause")
	got = b.do(200, "POST", "/latch/v1/jobs/night/resume", "")
	require.Contains(t, got, `"paused":false`)
	require.Contains(t, got, "next_times")
	b.do(404, "POST", "/latch/v1/jobs/none/pause", "")
}
