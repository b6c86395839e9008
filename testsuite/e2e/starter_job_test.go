package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
)

// A said is the output of a command line, and its exit code.
type said struct {
	code     int
	out, err string
}

// starter runs the command line on the bench's task queue. Settings are variables of its
// environment, as NAME=value.
func (b *bench) starter(settings []string, args ...string) said {
	b.Helper()
	var out, errs bytes.Buffer
	command := exec.CommandContext(b.ctx, shared.starterPath, args...)
	command.Env = append(os.Environ(), "TEMPORAL_ADDRESS="+shared.server.FrontendHostPort, "LATCH_TASK_QUEUE="+b.queue)
	command.Env = append(command.Env, settings...)
	command.Stdout, command.Stderr = &out, &errs
	var exit *exec.ExitError
	if err := command.Run(); err != nil && !errors.As(err, &exit) {
		require.NoError(b, err)
	}
	return said{command.ProcessState.ExitCode(), out.String(), errs.String()}
}

// read decodes the output of a command with --output json.
func (s said) read(t require.TestingT, code int, into any) {
	require.Equal(t, code, s.code, s.err)
	require.NoError(t, json.Unmarshal([]byte(s.out), into), s.out)
}

// write creates a file of the test's own.
func (b *bench) write(name, content string) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), name)
	require.NoError(b, os.WriteFile(path, []byte(content), 0o600))
	return path
}

// scheduled waits for the schedule in Temporal's own list.
func (b *bench) scheduled(id string) *client.ScheduleListEntry {
	b.Helper()
	var found *client.ScheduleListEntry
	require.Eventually(b, func() bool {
		listed, err := shared.client.ScheduleClient().List(b.ctx, client.ScheduleListOptions{})
		require.NoError(b, err)
		for listed.HasNext() {
			entry, err := listed.Next()
			require.NoError(b, err)
			if entry.ID == "latch-job-"+id {
				found = entry
			}
		}
		return found != nil
	}, patience, tick)
	return found
}

// Registered jobs with the command line: they are applied as readable schedules in Temporal,
// unchanged by a second apply, started as exactly job-<id>, one at a time, paused, resumed and
// deleted.
func TestStarterJobs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	leader, follower := b.queue+"-leader", b.queue+"-follower"
	file := b.write("jobs.yaml", `
id: `+follower+`
task: {workflow: {type: latch.Emit, input: {event: SAID}}}
schedule: {after: `+leader+`}
---
id: `+leader+`
title: The leader
task: {workflow: {type: latch.Emit, input: {event: SAID}}}
webhooks: [{id: board, events: [{event: JOB_START, blocking: true}]}]
schedule: {cron: 0 3 * * mon, timezone: Europe/Berlin}
tags: [`+b.queue+`]
`)
	first := b.starter(nil, "job", "apply", file)
	require.Equal(t, 0, first.code, first.err)
	require.True(t, strings.HasPrefix(first.out, "created  "+leader+"  The leader  next "), first.out)
	require.Contains(t, first.out, "created  "+follower+"\n2 created\n")
	second := b.starter(nil, "job", "apply", file)
	require.Equal(t, 0, second.code, second.err)
	require.Contains(t, second.out, "\n2 unchanged\n")

	entry := b.scheduled(leader)
	require.True(t, strings.HasPrefix(entry.Note, "Runs at its times, and when it is started or triggered.\n"), entry.Note)
	require.False(t, entry.Paused)
	require.NotEmpty(t, entry.NextActionTimes)
	entry = b.scheduled(follower)
	require.True(t, strings.HasPrefix(entry.Note, "Paused because it has no times: runs after job "+leader), entry.Note)
	require.True(t, entry.Paused)

	var list struct {
		Jobs []struct {
			ID       string
			NextTime time.Time `json:"next_time"`
		}
	}
	b.starter(nil, "job", "list", "--tag", b.queue, "-o", "json").read(t, 0, &list)
	require.Len(t, list.Jobs, 1)
	require.Equal(t, leader, list.Jobs[0].ID)
	require.Equal(t, time.Monday, list.Jobs[0].NextTime.In(mustZone(t, "Europe/Berlin")).Weekday())

	var started struct {
		WorkflowID string `json:"workflow_id"`
		RunID      string `json:"run_id"`
	}
	b.starter(nil, "job", "start", leader, "-o", "json").read(t, 0, &started)
	require.Equal(t, "job-"+leader, started.WorkflowID)
	again := b.starter(nil, "job", "start", leader)
	require.Equal(t, 1, again.code)
	require.Contains(t, again.err, "job-"+leader+" is running already (run "+started.RunID+")")
	require.Contains(t, b.starter(nil, "job", "show", leader).out, "  last run: running, run "+started.RunID)
	stopped := b.starter(nil, "job", "stop", leader)
	require.Equal(t, 0, stopped.code, stopped.err)
	require.Error(t, shared.client.GetWorkflow(b.ctx, started.WorkflowID, started.RunID).Get(b.ctx, nil))

	require.Equal(t, 0, b.starter(nil, "job", "pause", leader).code)
	require.True(t, b.described(leader).Schedule.State.Paused)
	require.Contains(t, b.starter(nil, "job", "apply", file).out, "\n2 unchanged\n")
	require.Equal(t, 0, b.starter(nil, "job", "resume", leader).code)
	require.False(t, b.described(leader).Schedule.State.Paused)

	refused := b.starter(nil, "job", "delete", leader, "--yes")
	require.Equal(t, 1, refused.code)
	require.Contains(t, refused.err, "cannot be deleted while others run after it: "+follower)
	require.Equal(t, 0, b.starter(nil, "job", "delete", follower, "--yes").code)
	require.Equal(t, 0, b.starter(nil, "job", "delete", leader, "--yes").code)
	gone := b.starter(nil, "job", "show", leader)
	require.Equal(t, 1, gone.code, gone.out)
	require.Contains(t, gone.err, "not registered")
}

// A file changes a job that a client of Mitto created. The job keeps the keys that the file
// does not contain, and is returned with both.
func TestStarterJobApplyOverAMittoJob(t *testing.T) {
	t.Parallel()
	s := setup(t).serve("LATCH_API_KEYS", apiKeys)
	s.as("admin-key=1-0123456789", "POST", "/v2/jobs", `{"id":"`+s.queue+`","title":"Old","type":"cmd","markdown":"# Why","notify":["ada"],
		"schedule":{"type":"custom","value":"0 1 * * *"},"conf":{"shell":true,"cmd":"sleep 15"},
		"webhooks":[{"url":"https://example.com/","method":"POST","event_type":"JOB_COMPLETE","body":"{}"}]}`).read(t, 201, nil)
	file := s.write("job.yaml", "id: "+s.queue+"\ntitle: New\ntask: {command: {argv: [x]}}\nschedule: 0 2 * * *\n")
	applied := s.starter(nil, "job", "apply", file)
	require.Equal(t, 0, applied.code, applied.err)
	require.True(t, strings.HasPrefix(applied.out, "updated  "+s.queue+"  New  next "), applied.out)
	require.Contains(t, applied.out, `  schedule.cron: "0 1 * * *" → "0 2 * * *"`)
	again := s.starter(nil, "job", "apply", file)
	require.True(t, strings.HasPrefix(again.out, "unchanged  "), again.out)

	var job struct {
		Title, Markdown string
		Notify          []string
		Schedule        struct{ Value string }
		Conf            string
		Webhooks        []any
	}
	s.as("read-key-0123456789", "GET", "/v2/jobs/"+s.queue, "").read(t, 200, &job)
	require.Equal(t, "New", job.Title)
	require.Equal(t, "# Why", job.Markdown)
	require.Equal(t, []string{"ada"}, job.Notify)
	require.Equal(t, "0 2 * * *", job.Schedule.Value)
	require.Contains(t, job.Conf, "argv")
	require.Empty(t, job.Webhooks)
}

// A command that waits for a registered job exits with the job's exit code.
func TestStarterJobStartWaits(t *testing.T) {
	t.Parallel()
	b := setup(t)
	file := b.write("jobs.json", `[{"id":"`+b.queue+`-good","task":{"workflow":{"type":"latch.Emit","input":{"event":"SAID"}}}},
		{"id":"`+b.queue+`-bad","task":{"command":{"argv":["`+filepath.Join(t.TempDir(), "no-such-command")+`"]}}}]`)
	applied := b.starter(nil, "job", "apply", file)
	require.Equal(t, 0, applied.code, applied.err)
	for job, code := range map[string]int{"good": 0, "bad": 1} {
		waited := b.starter(nil, "job", "start", b.queue+"-"+job, "--wait")
		require.Equal(t, code, waited.code, waited.out+waited.err)
	}
}

// A cron expression that Temporal would refuse is reported with its file and field, and nothing
// is written.
func TestStarterJobApplyTellsWhatTemporalRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	file := b.write("job.yaml", "id: "+b.queue+"\ntask: {command: {argv: [x]}}\nschedule: '@every 1y2d'\n")
	refused := b.starter(nil, "job", "apply", file)
	require.Equal(t, 2, refused.code, refused.out)
	require.Contains(t, refused.err, "Error: "+file+": schedule.cron: ")
	require.Equal(t, 1, b.starter(nil, "job", "show", b.queue).code)
}

func (b *bench) described(id string) *client.ScheduleDescription {
	b.Helper()
	described, err := shared.client.ScheduleClient().GetHandle(b.ctx, "latch-job-"+id).Describe(b.ctx)
	require.NoError(b, err)
	return described
}

func mustZone(t *testing.T, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	require.NoError(t, err)
	return zone
}
