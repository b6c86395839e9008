package cli

import (
	"encoding/json"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/api/apitest"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/registry"
	"github.com/latch-run/latch/internal/runs/runstest"
)

const nightly = `{"id":"nightly","title":"Nightly","task":{"command":{"argv":["true"]}},"schedule":"0 0 * * *","tags":["night"]}`

// jobs runs commands on one registry.
type jobs struct {
	*testing.T
	temporal  *runstest.Temporal
	schedules *runstest.Schedules
	// api is the address of the API that commands call, or "" for Temporal itself.
	api string
}

func newJobs(t *testing.T) *jobs {
	temporal := newTemporal()
	return &jobs{T: t, temporal: temporal, schedules: &temporal.Schedules}
}

// overAPI returns jobs whose commands call an API over the same Temporal.
func (j *jobs) overAPI() *jobs {
	j.Helper()
	server := httptest.NewServer(apitest.New(j.T, j.temporal, api.Options{}))
	j.Cleanup(server.Close)
	return &jobs{T: j.T, temporal: j.temporal, schedules: j.schedules, api: server.URL}
}

// bothWays runs a test over Temporal and over the API.
func bothWays(t *testing.T, test func(t *testing.T, start func() *jobs)) {
	t.Parallel()
	t.Run("Temporal", func(t *testing.T) {
		t.Parallel()
		test(t, func() *jobs { return newJobs(t) })
	})
	t.Run("API", func(t *testing.T) {
		t.Parallel()
		test(t, func() *jobs { return newJobs(t).overAPI() })
	})
}

// direct returns the same jobs for commands that speak to Temporal alone.
func (j *jobs) direct() *jobs {
	return &jobs{T: j.T, temporal: j.temporal, schedules: j.schedules}
}

// run runs a command.
func (j *jobs) run(stdin string, args ...string) (code int, out, errors string) {
	j.Helper()
	if j.api == "" {
		return execute(stdin, j.temporal, args...)
	}
	c := newCommand(stdin, nil)
	c.environ = []string{"LATCH_API=" + j.api}
	code = c.start(args...)
	return code, c.stdout.String(), c.stderr.String()
}

// ok runs a command that must succeed and returns its output.
func (j *jobs) ok(stdin string, args ...string) string {
	j.Helper()
	code, out, errors := j.run(stdin, args...)
	require.Equal(j, failure.ExitOK, code, errors)
	return out
}

// fails runs a command that must fail with the code, and returns its error output.
func (j *jobs) fails(code int, stdin string, args ...string) string {
	j.Helper()
	got, _, errors := j.run(stdin, args...)
	require.Equal(j, code, got, errors)
	return errors
}

// TestApplyIsIdempotent: a job is created, then unchanged and not written, then updated with
// the fields that changed.
func TestApplyIsIdempotent(t *testing.T) {
	t.Parallel()
	j := newJobs(t)
	require.Equal(t, "created  nightly  Nightly  next 2030-01-01T00:00:00Z, 2030-01-02T00:00:00Z\n1 created\n",
		j.ok(nightly, "job", "apply", "-"))
	require.Equal(t, "Runs at its times, and when it is started or triggered.", j.schedules.Sentence("nightly"))
	writes := j.schedules.Writes
	require.Equal(t, "unchanged  nightly  Nightly  next 2030-01-01T00:00:00Z, 2030-01-02T00:00:00Z\n1 unchanged\n",
		j.ok(nightly, "job", "apply", "-"))
	require.Equal(t, writes, j.schedules.Writes)

	const changed = `id: nightly
title: Nightly
task: {command: {argv: ['true', '-x']}}
schedule: {cron: 0 1 * * *, timezone: UTC}
timeout: 1h`
	const fields = "  schedule.cron: \"0 0 * * *\" → \"0 1 * * *\"\n  schedule.timezone: added \"UTC\"\n  tags: removed [\"night\"]\n" +
		"  task.command.argv: [\"true\"] → [\"true\",\"-x\"]\n  timeout: added \"1h0m0s\"\n"
	require.Equal(t, "would be updated  nightly  Nightly\n"+fields+"1 would be updated\n", j.ok(changed, "job", "apply", "-", "--dry-run"))
	require.Equal(t, writes, j.schedules.Writes)
	require.Equal(t, "updated  nightly  Nightly  next 2030-01-01T00:00:00Z, 2030-01-02T00:00:00Z\n"+fields+"1 updated\n",
		j.ok(changed, "job", "apply", "-"))
	require.Equal(t, []string{"0 1 * * *"}, j.schedules.Job("nightly").GetSpec().GetCronString())

	report := object(t, j.ok(nightly, "job", "apply", "-", "-o", "json"))
	require.Equal(t, false, report["dry_run"])
	job := report["jobs"].([]any)[0].(map[string]any)
	require.Equal(t, "updated", job["action"])
	require.Equal(t, map[string]any{"field": "schedule.cron", "from": "0 1 * * *", "to": "0 0 * * *"}, job["changes"].([]any)[0])
}

// TestTheExamplesAreRegistered: the examples are registered unchanged.
func TestTheExamplesAreRegistered(t *testing.T) {
	t.Parallel()
	j := newJobs(t)
	require.Contains(t, j.ok("", "job", "apply", "../../examples/jobs.yaml", "../../examples/job.yaml"), "4 created\n")
	require.Contains(t, j.ok("", "job", "apply", "../../examples/jobs.yaml", "../../examples/job.yaml"), "4 unchanged\n")
}

// TestApplyOrdersJobs: a job that others follow is written before them.
func TestApplyOrdersJobs(t *testing.T) {
	t.Parallel()
	j := newJobs(t)
	const files = `
id: third
task: {command: {argv: [x]}}
schedule: {after: second}
---
- {id: second, task: {command: {argv: [x]}}, schedule: {after: first}}
- {id: first, task: {command: {argv: [x]}}}
`
	require.Equal(t, "created  first\ncreated  second\ncreated  third\n3 created\n", j.ok(files, "job", "apply", "-"))
	require.Equal(t, "Paused because it has no times: runs after job second, and when it is started or triggered.",
		j.schedules.Sentence("third"))
	require.Equal(t, []any{"second"}, object(t, j.ok("", "job", "show", "first", "-o", "json"))["followers"])
	require.Equal(t, "unchanged  first\nunchanged  second\nunchanged  third\n3 unchanged\n", j.ok(files, "job", "apply", "-"))
	require.Contains(t, j.fails(failure.ExitFailed, "", "job", "delete", "first", "--yes"),
		`job "first" cannot be deleted while others run after it: second`)
}

// TestApplyTellsAllThatIsWrongAndWritesNothing: the problems include those of the files' text
// and those that only the registry finds.
func TestApplyTellsAllThatIsWrongAndWritesNothing(t *testing.T) {
	t.Parallel()
	j := newJobs(t)
	good := write(t, "good.json", nightly)
	bad := write(t, "bad.yaml", "- {id: a, task: {command: {argv: [x]}}, schedule: 0 25 * * *}\n- {id: nightly, task: {}}")
	require.Equal(t, "Error: 3 problems:\n"+
		"  "+bad+" [0]: schedule.cron: \"0 25 * * *\": hour \"25\": \"25\" is not in the range 0 to 23 (line 1, column 51)\n"+
		"  "+bad+" [1]: task: a task is exactly one of activity, workflow, http and command, not none (line 2, column 17)\n"+
		"  none.yaml: cannot be read: no such file or directory\n", j.fails(failure.ExitUsage, "", "job", "apply", good, bad, "none.yaml"))
	require.Contains(t, j.fails(failure.ExitUsage, nightly, "job", "apply", good, "-"), `-: id: "nightly" is described in `+good+" already")
	require.Contains(t, j.fails(failure.ExitUsage, "# nothing", "job", "apply", "-"), "-: cannot be read: it describes no job")

	const follows = `- {id: a, task: {command: {argv: [x]}}, schedule: {after: nobody}}
- {id: b, task: {command: {argv: [x]}}, schedule: {after: c}}
- {id: c, task: {command: {argv: [x]}}, schedule: {after: b}}`
	require.Equal(t, "Error: 3 problems:\n"+
		"  - [0]: schedule.after: \"nobody\" names no job that is registered or in these files (line 1, column 59)\n"+
		"  - [1]: schedule.after: b, c, b run after each other in a circle (line 2, column 59)\n"+
		"  - [2]: schedule.after: c, b, c run after each other in a circle (line 3, column 59)\n",
		j.fails(failure.ExitUsage, follows, "job", "apply", "-"))
	require.Empty(t, j.schedules.Kept)
}

func TestApplyWarnsOfTimesThatNeverComeAndRefusesWhatIsTooLarge(t *testing.T) {
	t.Parallel()
	j := newJobs(t)
	j.schedules.Never = "0 0 31 2 *"
	code, _, errors := execute(`{"id":"a","task":{"command":{"argv":["x"]}},"schedule":"0 0 31 2 *"}`, j.temporal, "job", "apply", "-")
	require.Equal(t, failure.ExitOK, code)
	require.Equal(t, "Warning: -: schedule.cron: \"0 0 31 2 *\" has no next time: the job never runs by itself\n", errors)
	large := `[{"id":"b","task":{"command":{"argv":["x"]}}},{"id":"c","task":{"command":{"argv":["x"` +
		strings.Repeat(`,"`+strings.Repeat("x", 200<<10)+`"`, 6) + `]}}}]`
	require.Contains(t, j.fails(failure.ExitUsage, large, "job", "apply", "-"), "- [1]: job \"c\" has ")
	require.Nil(t, j.schedules.Job("b"))
}

// TestApplyTellsWhatTemporalRefuses: the error says how many jobs were written before it.
func TestApplyTellsWhatTemporalRefuses(t *testing.T) {
	t.Parallel()
	j := newJobs(t)
	j.schedules.Refuse = "0 0 31 2 *"
	const files = `[{"id":"a","task":{"command":{"argv":["x"]}}},{"id":"b","task":{"command":{"argv":["x"]}},"schedule":"0 0 31 2 *"}]`
	require.Equal(t, "Error: - [1]: schedule: no such cron\n1 of 2 jobs were applied before this; apply the files again once it is right\n",
		j.fails(failure.ExitUsage, files, "job", "apply", "-"))
	code, out, _ := execute(files, j.temporal, "job", "apply", "-", "-o", "json")
	require.Equal(t, failure.ExitUsage, code)
	report := object(t, out)
	require.Len(t, report["jobs"], 1)
	require.Equal(t, "InvalidSpec", report["error"].(map[string]any)["type"])
}

// TestApplyKeepsWhatOthersKeep: keys of other systems stay unless the file sets them, a paused
// job stays paused, and the task queue stays unless another is configured.
func TestApplyKeepsWhatOthersKeep(t *testing.T) {
	t.Parallel()
	j := newJobs(t)
	store := registry.New(registry.Options{Service: j.temporal.WorkflowService, Namespace: "default"})
	_, err := store.Create(t.Context(), registry.Definition{ID: "7", Lacks: "no task", TaskQueue: "mine", Paused: true,
		Extras: map[string]json.RawMessage{"markdown": json.RawMessage(`"# Seven"`), "title": json.RawMessage(`"Old"`)}})
	require.NoError(t, err)
	out := j.ok(`{"id":7,"title":"New","task":{"command":{"argv":["x"]}}}`, "job", "apply", "-")
	require.Contains(t, out, "  extras.title: removed \"Old\"\n")
	entry, err := store.Get(t.Context(), "7")
	require.NoError(t, err)
	require.Equal(t, map[string]json.RawMessage{"markdown": json.RawMessage(`"# Seven"`)}, entry.Extras)
	require.Empty(t, entry.Lacks)
	require.True(t, entry.Paused)
	require.Equal(t, "mine", entry.TaskQueue)
	require.Contains(t, j.ok(`{"id":7,"title":"New","task":{"command":{"argv":["x"]}}}`, "job", "apply", "-", "--task-queue", "theirs"),
		"  task_queue: \"mine\" → \"theirs\"\n")
}

func TestListingJobs(t *testing.T) {
	t.Parallel()
	j := newJobs(t)
	j.ok(`[`+nightly+`,{"id":2,"title":"By hand","task":{"command":{"argv":["x"]}}}]`, "job", "apply", "-")
	j.ok("", "job", "start", "2")
	require.Equal(t, "ID\tTITLE\tSCHEDULE\tNEXT\tLAST RUN\tSTATUS\tPAUSED\n"+
		"2\tBy hand\t-\t-\t2030-01-01T00:00:00Z\trunning\tno\n"+
		"nightly\tNightly\t0 0 * * *\t2030-01-01T00:00:00Z\t-\t-\tno\n", j.ok("", "job", "list"))
	for filter, want := range map[string]string{"--tag=night": "nightly", "--search=HAND": "2"} {
		found := object(t, j.ok("", "job", "list", filter, "-o", "json"))["jobs"].([]any)
		require.Len(t, found, 1, filter)
		require.Equal(t, want, found[0].(map[string]any)["id"])
	}
	require.Empty(t, object(t, j.ok("", "job", "list", "--tag=day", "-o", "json"))["jobs"])
}

func TestShowingAJob(t *testing.T) {
	t.Parallel()
	j := newJobs(t)
	j.ok(nightly, "job", "apply", "-")
	out := j.ok("", "job", "show", "nightly")
	for _, line := range []string{"nightly  Nightly\n", "  schedule: 0 0 * * *\n", "  next: 2030-01-01T00:00:00Z, 2030-01-02T00:00:00Z\n",
		"  task queue: latch\n", "  last run: none that Temporal remembers\n", "  job:\n    {\n      \"id\": \"nightly\","} {
		require.Contains(t, out, line)
	}
	require.Equal(t, "Error: job \"none\": not registered; see what there is with: starter job list\n",
		j.fails(failure.ExitFailed, "", "job", "show", "none"))
}

// TestStartingARegisteredJob: the workflow id is exactly job-<id>, and one run is open at a
// time.
func TestStartingARegisteredJob(t *testing.T) {
	t.Parallel()
	j := newJobs(t)
	j.ok(nightly, "job", "apply", "-", "--task-queue", "mine")
	j.temporal.Unpolled = true
	code, out, errors := execute("", j.temporal, "job", "start", "nightly")
	require.Equal(t, failure.ExitOK, code, errors)
	require.Equal(t, "Started job-nightly\n  run: run-1\n  watch: starter watch job-nightly\n", out)
	require.Contains(t, errors, `no worker polls the task queue "mine"`)
	require.Equal(t, "mine", j.temporal.Starts[0].GetTaskQueue().GetName())
	require.Equal(t, "Error: job-nightly is running already (run run-1), and one runs at a time; watch it with: starter watch job-nightly\n",
		j.fails(failure.ExitFailed, "", "job", "start", "nightly"))
	require.Contains(t, j.fails(failure.ExitFailed, "", "job", "start", "none"), "not registered")
}

func TestStartingAndWaiting(t *testing.T) {
	t.Parallel()
	j := newJobs(t)
	j.ok(nightly, "job", "apply", "-")
	j.temporal.OnStart = func(run *runstest.Run) {
		run.Closed = runstest.Completed(payloads(`{"id":"nightly","status":"failed","error":"no disk"}`))
	}
	code, out, _ := execute("", j.temporal, "job", "start", "nightly", "--wait", "-o", "json")
	require.Equal(t, failure.ExitFailed, code)
	require.Equal(t, "failed", object(t, out)["status"])
}

func TestPausingAndResuming(t *testing.T) {
	t.Parallel()
	j := newJobs(t)
	j.ok(nightly, "job", "apply", "-")
	require.Equal(t, "nightly is paused: it runs only when it is started or triggered\n", j.ok("", "job", "pause", "nightly"))
	require.True(t, j.schedules.Job("nightly").GetState().GetPaused())
	require.Contains(t, j.ok("", "job", "show", "nightly"), "  schedule: 0 0 * * * (paused)\n")
	require.Contains(t, j.ok(nightly, "job", "apply", "-"), "unchanged  nightly")
	require.Equal(t, "nightly runs by itself (0 0 * * *), next 2030-01-01T00:00:00Z\n", j.ok("", "job", "resume", "nightly"))
	require.False(t, j.schedules.Job("nightly").GetState().GetPaused())
	require.Equal(t, false, object(t, j.ok("", "job", "resume", "nightly", "-o", "json"))["paused"])
	require.Contains(t, j.fails(failure.ExitFailed, "", "job", "pause", "none"), "not registered")
}

// TestDeletingAsks: a deletion asks on a terminal, and needs --yes elsewhere.
func TestDeletingAsks(t *testing.T) {
	t.Parallel()
	j := newJobs(t)
	j.ok(nightly, "job", "apply", "-")
	require.Contains(t, j.fails(failure.ExitUsage, "", "job", "delete", "nightly"), "--yes says that you are sure")
	for _, answer := range []string{"n\n", ""} {
		c := newCommand(answer, j.temporal)
		c.out.Interactive = true
		require.Equal(t, failure.ExitFailed, c.start("job", "delete", "nightly"))
		require.Equal(t, "Delete job nightly Nightly? [y/N] Error: nightly was not deleted\n", c.stderr.String())
	}
	c := newCommand("y\n", j.temporal)
	c.out.Interactive = true
	require.Equal(t, failure.ExitOK, c.start("job", "delete", "nightly"))
	require.Equal(t, "deleted nightly\n", c.stdout.String())
	require.Contains(t, j.fails(failure.ExitFailed, "", "job", "delete", "nightly", "-y"), "not registered")
}

func TestCompletingTheIDsOfJobs(t *testing.T) {
	t.Parallel()
	j := newJobs(t)
	j.ok(nightly, "job", "apply", "-")
	require.Contains(t, j.ok("", "__complete", "job", "start", ""), "nightly\tNightly\n")
}

// TestValidateChecksTheSchedule: it needs no server.
func TestValidateChecksTheSchedule(t *testing.T) {
	t.Parallel()
	code, out, _ := execute(
		`{"id":"1","task":{"command":{"argv":["x"]}},"schedule":{"cron":"0 0 * * blue","timezone":"Berlin"}}`,
		nil, "validate", "-")
	require.Equal(t, failure.ExitUsage, code)
	require.Equal(t, "-: schedule.cron: \"0 0 * * blue\": day of week \"blue\": \"blue\" is not in the range 0 to 7, nor a name such as mon\n"+
		"-: schedule.timezone: there is no time zone \"Berlin\"; one is an IANA name such as Europe/Berlin or UTC\n", out)
}

// TestValidateTellsTheNextTimes: they are in the job's own time zone. A warning says if the
// expression has another meaning in other cron systems.
func TestValidateTellsTheNextTimes(t *testing.T) {
	t.Parallel()
	const job = `{"id":"1","task":{"command":{"argv":["x"]}},"schedule":{"cron":"0 0 3 * * *","timezone":"Asia/Tokyo"}}`
	code, out, _ := execute(job, nil, "validate", "-")
	require.Equal(t, failure.ExitOK, code)
	const warning = `schedule.cron: "0 0 3 * * *": of six fields the last is the year, not the first the second as ` +
		`elsewhere; if that was meant, write "0 3 * * *"`
	const next = `\d{4}-\d\d-03T00:00:00\+09:00`
	require.Regexp(t, `^-: warning: `+regexp.QuoteMeta(warning)+`\n-: next: `+next+`, `+next+`, `+next+`\n-: valid \(job\)\n$`, out)

	_, out, _ = execute(job, nil, "validate", "-", "-o", "json")
	file := object(t, out)["files"].([]any)[0].(map[string]any)
	require.Len(t, file["next_times"], 3)
	require.Regexp(t, `-02T15:00:00.000Z$`, file["next_times"].([]any)[0])
	require.Equal(t, "schedule.cron", file["warnings"].([]any)[0].(map[string]any)["path"])

	_, out, _ = execute(`{"id":"1","task":{"command":{"argv":["x"]}},"schedule":"0 0 30 2 *"}`, nil, "validate", "-")
	require.Equal(t, "-: warning: schedule.cron: \"0 0 30 2 *\" has no next time: the job never runs by itself\n-: valid (job)\n", out)
}

// TestApplyWarnsOfTheSchedule: the next times are in the job's own time zone.
func TestApplyWarnsOfTheSchedule(t *testing.T) {
	t.Parallel()
	code, out, warnings := execute(`{"id":"a","task":{"command":{"argv":["x"]}},
		"schedule":{"cron":"0 5 1,15 * 5","timezone":"Asia/Tokyo"}}`, newJobs(t).temporal, "job", "apply", "-")
	require.Equal(t, failure.ExitOK, code)
	require.Contains(t, warnings, `Warning: -: schedule.cron: "0 5 1,15 * 5": runs on days that match day of month 1,15 and day of week 5`)
	require.Equal(t, "created  a  next 2030-01-01T09:00:00+09:00, 2030-01-02T09:00:00+09:00\n1 created\n", out, "as Temporal tells them")
}

// TestApplyKnowsTheFieldsOfRegisteredJobs: apply does not warn of fields that templates can
// read.
func TestApplyKnowsTheFieldsOfRegisteredJobs(t *testing.T) {
	t.Parallel()
	j := newJobs(t)
	_, _, warnings := execute(`{"id":"a","task":{"command":{"argv":["x"]}},
		"webhooks":[{"id":"w","url":"https://example.com/","event":"JOB_COMPLETE",
			"body":{"t":"${job.type} ${run.id}"}}]}`, j.temporal, "job", "apply", "-")
	require.Contains(t, warnings, `run has no key "id"`)
	require.NotContains(t, warnings, "job has no key")
}

// Credentials in a job's URLs are hidden, both by show and in changes. A job with hidden
// credentials cannot be applied.
func TestKeysInURLsAreNotShown(t *testing.T) {
	t.Parallel()
	j := newJobs(t)
	const job = `{"id":"chain","task":{"http":{"url":"https://a.example/?token=hush","headers":{"X-Key":"hush"}}},
		"webhooks":[{"id":"next","event":"JOB_SUCCESS","url":"https://latch.example/:actions?API_KEY=hush"}]}`
	j.ok(job, "job", "apply", "-")
	for _, args := range [][]string{{"job", "show", "chain"}, {"job", "show", "chain", "-o", "json"}} {
		shown := j.ok("", args...)
		require.NotContains(t, shown, "hush")
		require.Contains(t, shown, "API_KEY=***")
	}
	changed := strings.ReplaceAll(job, "hush", "hush-2")
	for _, args := range [][]string{{"--dry-run"}, {"--dry-run", "-o", "json"}, nil} {
		told := j.ok(changed, append([]string{"job", "apply", "-"}, args...)...)
		require.NotContains(t, told, "hush")
		require.Contains(t, told, "API_KEY=***")
	}
	require.Contains(t, j.fails(failure.ExitUsage, strings.ReplaceAll(job, "hush", "***"), "job", "apply", "-"), "hidden when it was shown")
}
