package mitto_test

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/mitto"
)

func matches(t *testing.T, pattern, line string) bool {
	t.Helper()
	return regexp.MustCompile(pattern).MatchString(line)
}

// facts.md: "PATCH /v2/jobs/{id} changes some of its fields".
func TestPatch(t *testing.T) {
	t.Parallel()
	const cmd = `{"name":"n","title":"t","type":"cmd","conf":{"shell":true,"cmd":"true"},"owner":1,
		"webhooks":[{"url":"https://example.com/","event_type":"JOB_START"}]}`
	for name, test := range map[string]struct {
		job, patch string
		check      func(*testing.T, *mitto.Job, latch.Object)
	}{
		"title": {cmd, `{"title":"T"}`, func(t *testing.T, j *mitto.Job, shown latch.Object) {
			require.Equal(t, "T", j.Latch.Title)
			require.Equal(t, "n", j.Latch.Name)
			require.Equal(t, []string{"/bin/sh", "-c", "true"}, j.Latch.Task.Command.Argv)
			require.Equal(t, "1", string(shown["owner"]))
			require.Equal(t, laterText, string(shown["updated_at"]))
			require.Equal(t, noonText, string(shown["created_at"]))
		}},
		"conf": {cmd, `{"conf":{"cmd":"make it"}}`, func(t *testing.T, j *mitto.Job, _ latch.Object) {
			require.Equal(t, []string{"make", "it"}, j.Latch.Task.Command.Argv)
			require.Len(t, j.Latch.Webhooks, 1)
		}},
		"schedule": {cmd, `{"schedule":{"type":"custom","value":"0 3 * * *"}}`, func(t *testing.T, j *mitto.Job, _ latch.Object) {
			require.Equal(t, "0 3 * * *", j.Latch.Schedule.Cron)
		}},
		"a schedule taken away": {`{"type":"cmd","conf":{"cmd":"true"},"schedule":{"value":"0 3 * * *"}}`,
			`{"schedule":null}`, func(t *testing.T, j *mitto.Job, shown latch.Object) {
				require.Nil(t, j.Latch.Schedule)
				require.Equal(t, "null", string(shown["schedule"]))
			}},
		"a type that runs": {`{"type":"io","conf":{"cmd":"true"}}`, `{"type":"cmd"}`,
			func(t *testing.T, j *mitto.Job, _ latch.Object) { require.NotNil(t, j.Latch) }},
		"a type that doesn't": {cmd, `{"type":"io"}`, func(t *testing.T, j *mitto.Job, _ latch.Object) {
			require.Nil(t, j.Latch)
			require.NotEmpty(t, j.Lacks)
		}},
		"an unknown key": {cmd, `{"owner":2,"id":22739}`,
			func(t *testing.T, _ *mitto.Job, shown latch.Object) { require.Equal(t, "2", string(shown["owner"])) }},
		"all webhooks": {cmd, `{"webhooks":[
			{"id":2273900001,"url":"https://example.com/b","event_type":"JOB_START"},
			{"url":"https://example.com/c","event_type":"JOB_FAILURE"}]}`,
			func(t *testing.T, j *mitto.Job, _ latch.Object) {
				hooks := j.Webhooks()
				require.Len(t, hooks, 2)
				require.Equal(t, "2273900001", string(hooks[0]["id"]))
				require.Equal(t, noonText, string(hooks[0]["created_at"]))
				require.Equal(t, "2273900002", string(hooks[1]["id"]))
				require.Equal(t, laterText, string(hooks[1]["created_at"]))
			}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			made := job(t, test.job)
			require.NoError(t, made.Patch(read(t, test.patch), later))
			made = stored(t, made)
			test.check(t, made, made.Object(nil))
		})
	}
	made := job(t, cmd)
	before := encoded(t, made)
	for patch, want := range map[string]string{`{"id":5}`: "^id: ", `{"timeout":"x"}`: "^timeout: ",
		`{"webhooks":7}`: "^webhooks: ", `{"conf":{"cmd":1}}`: `^conf\.cmd: `} {
		require.Regexp(t, want, lines(t, made.Patch(read(t, patch), later))[0])
	}
	require.Equal(t, before, encoded(t, made), "a refused change changes nothing")
}

const nativeJob = `{"id":"nightly","title":"N",
	"task":{"http":{"url":"https://example.com/","headers":{"X-A":"1"},"body":{"n":1.0}}},"timeout":"1m30s",
	"vars":{"a":1},"retry":{"maximum_attempts":3},
	"schedule":{"cron":"0 3 * * *","timezone":"Europe/Berlin","catchup":"5m"},"tags":["x"],
	"webhooks":[
		{"id":"board","url_secret":"board",
			"events":[{"event":"JOB_START","blocking":true,"lock_timeout":"4h"}]},
		{"id":"slack","url":"https://example.com/","event":"JOB_FAILURE","timeout":"5s"}]}`

// A job in Latch's own JSON shows Mitto's fields, and a client that sends it back unchanged
// changes nothing.
func TestJobsOfLatchsOwnJSON(t *testing.T) {
	t.Parallel()
	made := native(t, nativeJob)
	shown := made.Object(mitto.Running("nightly", "run-1", latch.NewTime(noon)))
	require.Equal(t, `"nightly"`, string(shown["id"]))
	require.Equal(t, `"http"`, string(shown["type"]))
	require.Equal(t, "90", string(shown["timeout"]))
	require.JSONEq(t, `{"type":"custom","daily":null,"hourly":null,"endof":null,"custom":"0 3 * * *",
		"value":"0 3 * * *","timezone":"Europe/Berlin","catchup":"5m0s"}`, string(shown["schedule"]))
	require.Contains(t, string(shown["conf"]), "url: https://example.com/")
	hooks := made.Webhooks()
	require.Len(t, hooks, 2)
	require.Equal(t, `"JOB_FAILURE"`, string(hooks[1]["event_type"]))
	require.Equal(t, `"POST"`, string(hooks[1]["method"]))
	require.Equal(t, encoded(t, mitto.WebhookID("nightly", "slack")), string(hooks[1]["id"]))

	want := encoded(t, made.Latch)
	require.NoError(t, made.Patch(read(t, encoded(t, shown)), later))
	require.JSONEq(t, want, encoded(t, made.Latch))
	made = stored(t, made)
	require.NoError(t, made.Patch(read(t, `{"title":"M","type":"mine"}`), later))
	require.Equal(t, "M", made.Latch.Title)
	require.Equal(t, 3, made.Latch.Retry.MaximumAttempts)
	require.Equal(t, `"mine"`, string(made.Object(nil)["type"]))

	sequence := native(t, `{"id":"s","jobs":["17","a",{"id":"i","task":{"command":{"argv":["true"]}}}]}`)
	require.JSONEq(t, `[17,"a",{"id":"i","task":{"command":{"argv":["true"]}}}]`, string(sequence.Object(nil)["jobs"]))
	want = encoded(t, sequence.Latch)
	require.NoError(t, sequence.Patch(read(t, encoded(t, sequence.Object(nil))), later))
	require.JSONEq(t, want, encoded(t, sequence.Latch))
}

// A job that was changed by Latch's own means shows its current state.
func TestWhatLatchGoesByIsShown(t *testing.T) {
	t.Parallel()
	made := job(t, `{"title":"t","type":"cmd","timeout":60,"conf":{"cmd":"true"},"markdown":"# m",
		"webhooks":[{"url":"https://example.com/a","event_type":"JOB_START","color":"red"}]}`)
	made.Latch.Title, made.Latch.Timeout = "T", latch.Duration(30e9)
	made.Latch.Task = &latch.Task{HTTP: &latch.HTTPTask{URL: "https://example.com/"}}
	shown := made.Object(nil)
	require.Equal(t, `"T"`, string(shown["title"]))
	require.Equal(t, "30", string(shown["timeout"]))
	require.Equal(t, `"http"`, string(shown["type"]))
	require.Contains(t, string(shown["conf"]), "https://example.com/")
	require.Equal(t, `"# m"`, string(shown["markdown"]))
	require.Equal(t, `"red"`, string(made.Webhooks()[0]["color"]))
	made.Latch.Webhooks[0].URL = "https://example.com/b"
	require.Equal(t, `"https://example.com/b"`, string(made.Webhooks()[0]["url"]))
	require.NoError(t, made.Patch(read(t, `{"type":"cmd"}`), later))
	require.NotNil(t, made.Latch.Task.HTTP, "a type alone does not bring an old conf back")
}

// ${job[…]} has the same fields, conf as JSON, and no headers.
func TestVariables(t *testing.T) {
	t.Parallel()
	variables := job(t, `{"title":"t","type":"cmd","timeout":60,"notify":{"on":true},"my key":1,
		"conf":{"cmd":"true"},"vars":{"a":1},
		"webhooks":[{"url":"https://example.com/","event_type":"JOB_START"}]}`).Variables()
	for key, want := range map[string]string{"title": `"t"`, "type": `"cmd"`, "timeout": "60", "notify": `{"on":true}`,
		"my key": "1", "markdown": "null",
		"concurrency": "null", "conf": `{"cmd":"true"}`, "continue_on_error": "false", "delay": "null", "jobs": "[]",
		"created_at": noonText, "updated_at": noonText} {
		require.Equal(t, want, string(variables[key]), key)
	}
	for _, key := range []string{"id", "status", "vars", "latch:webhooks", "tags"} {
		require.NotContains(t, variables, key)
	}
	for _, key := range []string{"name", "schedule"} {
		require.Equal(t, "null", string(variables[key]), "%s was not sent", key)
	}
	variables = native(t, nativeJob).Variables()
	for _, key := range []string{"name", "title", "schedule", "timeout", "tags"} {
		require.NotContains(t, variables, key, "as Latch itself tells it")
	}
	require.NotContains(t, string(variables["conf"]), "X-A")
	require.Equal(t, `"http"`, string(variables["type"]))

	for conf, want := range map[string]string{
		`"{\n  shell: true\n  # a comment\n  cmd: echo hi\n}"`: `{"shell":true,"cmd":"echo hi"}`,
		`{"cmd":"echo hi"}`: `{"cmd":"echo hi"}`, `"[1"`: `"[1"`, `null`: `{}`,
	} {
		variables = job(t, `{"task":{"command":{"argv":["true"]}},"conf":`+conf+`}`).Variables()
		require.JSONEq(t, want, string(variables["conf"]), "index it, whichever way it came")
	}
}
