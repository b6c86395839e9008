package e2e

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/hang"
	"github.com/latch-run/latch/testsuite/process"
)

// viaAPI are the settings of a command that has a key of the API, and no access to Temporal.
func (s *served) viaAPI(key string) []string {
	return []string{"LATCH_API=" + s.url, "LATCH_API_KEY=" + key, "TEMPORAL_ADDRESS=127.0.0.1:1"}
}

// A release with only the HTTP API: it is started, waits, is let pass under the key's name, is
// watched to its end, and its history is read.
func TestStarterReleaseByTheAPI(t *testing.T) {
	t.Parallel()
	s := setup(t).serve("LATCH_API_KEYS", apiKeys)
	file := s.write("release.json", heldRelease(s.queue))
	var started struct {
		WorkflowID string `json:"workflow_id"`
	}
	s.starter(s.viaAPI("run-key-0123456789"), "release", "run", file, "-o", "json").read(t, 0, &started)
	require.Equal(t, "release-"+s.queue, started.WorkflowID)
	again := s.starter(s.viaAPI("run-key-0123456789"), "release", "run", file)
	require.Equal(t, 1, again.code)
	require.Contains(t, again.err, "release-"+s.queue+" is running")

	token := s.token(started.WorkflowID)
	status := s.starter(s.viaAPI("read-key-0123456789"), "status", s.queue)
	require.Equal(t, 0, status.code, status.err)
	require.Contains(t, status.out, token)
	refused := s.starter(s.viaAPI("read-key-0123456789"), "lock", "release", token)
	require.Equal(t, 3, refused.code)
	require.Contains(t, refused.err, "LATCH_API_KEY")
	removed := s.starter(s.viaAPI("lock-key-0123456789"), "lock", "release", token, "--reason", "approved")
	require.Equal(t, 0, removed.code, removed.err)
	require.Contains(t, removed.out, "lock removed by board (api, key): approved")

	s.token(started.WorkflowID) // the second lock is there
	stopped := s.starter(s.viaAPI("run-key-0123456789"), "release", "stop", s.queue, "--reason", "enough")
	require.Equal(t, 0, stopped.code, stopped.err)
	var end struct {
		Status string
		Result struct{ Reason string }
	}
	s.starter(s.viaAPI("read-key-0123456789"), "watch", s.queue, "-o", "json").read(t, 4, &end)
	require.Equal(t, "stopped", end.Status)
	require.Contains(t, end.Result.Reason, "enough")
	late := s.starter(s.viaAPI("run-key-0123456789"), "release", "rollback", s.queue, "-o", "json")
	require.Equal(t, 1, late.code)
	require.Contains(t, late.out, `"type": "TooLate"`)

	var records []struct{ Webhook, Event, Result string }
	s.starter(s.viaAPI("read-key-0123456789"), "history", s.queue, "--event", "BEFORE_RELEASE", "-o", "json").read(t, 0, &records)
	require.Len(t, records, 1)
	require.Equal(t, "pass", records[0].Result)
}

// Rejected keys and refused requests have the same exit codes as Temporal's refusals.
func TestStarterIsRefusedByTheAPI(t *testing.T) {
	t.Parallel()
	s := setup(t).serve("LATCH_API_KEYS", apiKeys)
	file := s.write("event.json", `{"event":"SAID","id":"`+s.queue+`"}`)
	for key, code := range map[string]int{"wrong": 3, "read-key-0123456789": 3, "run-key-0123456789": 0} {
		emitted := s.starter(s.viaAPI(key), "emit", file)
		require.Equal(t, code, emitted.code, key+emitted.out+emitted.err)
	}
	unknown := s.starter(s.viaAPI("read-key-0123456789"), "status", "none")
	require.Equal(t, 1, unknown.code)
	require.Contains(t, unknown.err, `There is no release "none"`)
	direct := s.starter(s.viaAPI("run-key-0123456789"), "job", "apply", file)
	require.Equal(t, 2, direct.code)
	require.Contains(t, direct.err, "speaks to Temporal alone")
}

// Registered jobs with only the HTTP API: they are listed, shown, started, one run at a time,
// stopped, and watched.
func TestStarterJobsByTheAPI(t *testing.T) {
	t.Parallel()
	s := setup(t).serve("LATCH_API_KEYS", apiKeys)
	held, quick := s.queue+"-held", s.queue+"-quick"
	file := s.write("jobs.yaml", `
- id: `+held+`
  title: The held
  tags: [`+s.queue+`]
  schedule: {cron: 0 3 * * mon, timezone: Europe/Berlin}
  task: {workflow: {type: latch.Emit, input: {event: SAID}}}
  webhooks: [{id: board, events: [{event: JOB_START, blocking: true}]}]
- id: `+quick+`
  schedule: {after: `+held+`}
  task: {workflow: {type: latch.Emit, input: {event: SAID}}}
`)
	applied := s.starter(nil, "job", "apply", file)
	require.Equal(t, 0, applied.code, applied.err)

	type job struct {
		ID       string
		Schedule latch.Schedule
		NextTime latch.Time `json:"next_time"`
		Paused   *bool
		LastRun  struct {
			RunID  string `json:"run_id"`
			Status string
		} `json:"last_run"`
	}
	var list struct{ Jobs []job }
	require.Eventually(t, func() bool {
		s.starter(s.viaAPI("read-key-0123456789"), "job", "list", "--search", s.queue, "-o", "json").read(t, 0, &list)
		return len(list.Jobs) == 2
	}, patience, tick)
	require.Equal(t, latch.Schedule{Cron: "0 3 * * mon", Timezone: "Europe/Berlin"}, list.Jobs[0].Schedule)
	require.Equal(t, latch.Schedule{After: held}, list.Jobs[1].Schedule)
	s.starter(s.viaAPI("read-key-0123456789"), "job", "list", "--tag", s.queue, "-o", "json").read(t, 0, &list)
	require.Len(t, list.Jobs, 1)
	var direct struct{ Jobs []job }
	s.starter(nil, "job", "list", "--tag", s.queue, "-o", "json").read(t, 0, &direct)
	require.False(t, list.Jobs[0].NextTime.IsZero())
	require.Equal(t, direct.Jobs[0].NextTime, list.Jobs[0].NextTime, "by the API as by Temporal")
	require.Equal(t, direct.Jobs[0].Paused, list.Jobs[0].Paused)

	var started struct {
		RunID string `json:"run_id"`
	}
	s.starter(s.viaAPI("run-key-0123456789"), "job", "start", held, "-o", "json").read(t, 0, &started)
	again := s.starter(s.viaAPI("run-key-0123456789"), "job", "start", held, "-o", "json")
	require.Equal(t, 1, again.code)
	require.Contains(t, again.out, `"type": "AlreadyRunning"`)
	require.Contains(t, again.err, started.RunID)
	var shown job
	s.starter(s.viaAPI("read-key-0123456789"), "job", "show", held, "-o", "json").read(t, 0, &shown)
	require.Equal(t, started.RunID, shown.LastRun.RunID)
	require.Equal(t, latch.JobRunning, shown.LastRun.Status)
	require.False(t, shown.NextTime.IsZero())
	require.NotNil(t, shown.Paused)
	s.token("job-" + held) // it has begun
	stopped := s.starter(s.viaAPI("run-key-0123456789"), "job", "stop", held)
	require.Equal(t, 0, stopped.code, stopped.err)

	require.Equal(t, 1, s.starter(s.viaAPI("run-key-0123456789"), "job", "start", "none").code)
	refused := s.starter(s.viaAPI("read-key-0123456789"), "job", "start", quick)
	require.Equal(t, 3, refused.code, refused.out+refused.err)
}

// A command that waits for a job with the HTTP API exits with the job's exit code.
func TestStarterJobStartWaitsByTheAPI(t *testing.T) {
	t.Parallel()
	s := setup(t).serve("LATCH_API_KEYS", apiKeys)
	file := s.write("jobs.json", `[{"id":"`+s.queue+`-good","task":{"workflow":{"type":"latch.Emit","input":{"event":"SAID"}}}},
		{"id":"`+s.queue+`-bad","task":{"command":{"argv":["no-such-command"]}}}]`)
	applied := s.starter(nil, "job", "apply", file)
	require.Equal(t, 0, applied.code, applied.err)
	for job, want := range map[string]struct {
		code   int
		status string
	}{"good": {0, latch.JobSucceeded}, "bad": {1, latch.JobFailed}} {
		var came struct{ Status string }
		s.starter(s.viaAPI("run-key-0123456789"), "job", "start", s.queue+"-"+job, "--wait", "-o", "json").read(t, want.code, &came)
		require.Equal(t, want.status, came.Status)
	}
}

// Over TLS the command line trusts only the system's roots, or those that SSL_CERT_FILE names.
func TestStarterTrustsTheAPIsCertificate(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("only there does Go read SSL_CERT_FILE whatever else the system trusts")
	}
	b := &bench{T: t, ctx: hang.Context(t), queue: t.Name()}
	certificate, key, _ := selfSigned(t)
	address := freeAddress(t)
	serving := process.Start(t, process.Command{Path: shared.starterPath, Args: []string{"serve"}, Env: []string{
		"TEMPORAL_ADDRESS=" + shared.server.FrontendHostPort, "LATCH_API_ADDR=" + address, "LATCH_API_KEYS=" + apiKeys,
		"LATCH_API_TLS_CERT=" + certificate, "LATCH_API_TLS_KEY=" + key}})
	ask := func(settings ...string) said {
		return b.starter(append(settings, "LATCH_API_KEY=read-key-0123456789"), "status", "none", "--api", "https://"+address)
	}
	require.Eventually(t, func() bool { return ask("SSL_CERT_FILE="+certificate).code == 1 }, patience, tick, serving.Stderr.String())
	require.Contains(t, ask("SSL_CERT_FILE="+certificate).err, `There is no release "none"`)
	refused := ask()
	require.Equal(t, 3, refused.code)
	require.Contains(t, refused.err, "certificate")
}
