package mitto_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/mitto"
	"github.com/latch-run/latch/internal/protocol"
)

// definition returns a job as the registry keeps it.
func definition(job *mitto.Job) *protocol.Definition {
	return &protocol.Definition{ID: job.ID, Job: job.Latch, Lacks: job.Lacks, Extras: job.Extras,
		CreatedAt: job.CreatedAt, UpdatedAt: job.UpdatedAt}
}

// Warnings about probable mistakes of a job's client have the names that the client wrote.
func TestWarningsOfMittosJobs(t *testing.T) {
	t.Parallel()
	const cmd, url = `"title":"T","type":"cmd","conf":{"cmd":"true"}`, `"url":"https://example.com/","event_type":"JOB_FAILURE"`
	for name, test := range map[string]struct {
		body string
		want []string
	}{
		"nothing": {`{` + cmd + `,"owner":"ann","input":{},"output":{},"sdl":{},"steps":["x"],
			"webhooks":[{` + url + `,"label":"x","body":"{\"a\": \"${job['title']}\"}"}]}`, nil},
		"a job's key": {`{"titel":"x","name":"n",` + cmd + `,"tag":["x"]}`, []string{
			`tag: unknown key, kept without effect; did you mean "tags"?`,
			`titel: unknown key, kept without effect; did you mean "title"?`}},
		"a webhook's key": {`{` + cmd + `,"webhooks":[{` + url + `},{` + url + `,"enabeld":false,"contentType":"text/plain"}]}`, []string{
			`webhooks[1].contentType: unknown key, kept without effect; did you mean "content_type"?`,
			`webhooks[1].enabeld: unknown key, kept without effect; did you mean "enabled"?`}},
		"a schedule's keys": {`{` + cmd + `,
			"schedule":{"type":"daily","daily":{"minute":0,"hour":6,"ampm":"AM","minuts":5},
				"timezon":"UTC"}}`, []string{
			`schedule.timezon: unknown key, kept without effect; did you mean "timezone"?`,
			`schedule.daily.minuts: unknown key, kept without effect; did you mean "minute"?`}},
		"a command's key": {`{"title":"T","type":"cmd","conf":"{cmd: \"true\", cmd_evn: {}}"}`,
			[]string{`conf.cmd_evn: unknown key, kept without effect; did you mean "cmd_env"?`}},
		"a key of others": {`{"title":"T","type":"sql","conf":{"cmdd":"true"}}`,
			[]string{`conf: the job is kept, but its runs fail: Latch does not run jobs of type "sql"`}},
		"a title": {`{"type":"cmd","conf":{"cmd":"true"},"webhooks":[{` + url +
			`,"body":"{\"a\": \"${job['title']}\"}"}]}`,
			[]string{`webhooks[0].body: job.title is not set, so nothing stands in its place; write ${`}},
		"kvp of a failed": {`{` + cmd + `,"webhooks":[{` + url +
			`,"body":"{\"a\": \"${job['status']['kvp']['rows loaded']}\"}"}]}`,
			[]string{`webhooks[0].body: job.status.kvp is empty at JOB_FAILURE of a job that failed`}},
		"a key of the conf": {`{` + cmd + `,"webhooks":[{` + url + `,"body":"{\"a\": \"${job['conf']['shell']}\"}"}]}`,
			[]string{`webhooks[0].body: job.conf has no key "shell"`}},
		"of the schedule": {`{` + cmd + `,"webhooks":[{` + url + `,"body":"{\"a\": \"${job['schedule']['value']}\"}"}]}`,
			[]string{`webhooks[0].body: job.schedule is null`}},
		"an event of others": {`{` + cmd + `,"webhooks":[{"url":"https://example.com/","event_type":"BEFORE_RELEASE"}]}`,
			[]string{`webhooks[0].event_type: BEFORE_RELEASE is never fired by a job`}},
		"the work's own": {`{"title":"T","type":"http","conf":{"http":{"url":"https://example.com/${job.titel}"}}}`,
			[]string{`conf.http.url: job has no key "titel", so this fails; did you mean "title"?`}},
		"a job that cannot run, too": {`{"type":"io","title":"T","webhooks":[{` + url + `,"body":"{\"a\": \"${job.titel}\"}"}]}`, []string{
			`conf: the job is kept`, `webhooks[0].body: job has no key "titel"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			warnings := mitto.Warnings(definition(job(t, test.body)))
			require.Len(t, warnings, len(test.want), "%v", warnings)
			for i, want := range test.want {
				require.Contains(t, warnings[i].String(), want)
			}
		})
	}
	require.Empty(t, mitto.Warnings(definition(native(t, nativeJob))))
}

// The answer about one webhook has the warnings of that one.
func TestWarningsOfOneWebhook(t *testing.T) {
	t.Parallel()
	made := job(t, `{"titel":"x","type":"cmd","conf":{"cmd":"true"},
		"webhooks":[
			{"url":"https://example.com/","event_type":"JOB_START","enabeld":true},
			{"url":"https://example.com/","event_type":"JOB_START"},
			{"url":"https://example.com/${job.titl}","event_type":"JOB_START"}]}`)
	require.Equal(t, []latch.Problem{{Path: "enabeld", Message: `unknown key, kept without effect; did you mean "enabled"?`}},
		mitto.WebhookWarnings(definition(made), 2273900001))
	require.Empty(t, mitto.WebhookWarnings(definition(made), 2273900002))
	third := mitto.WebhookWarnings(definition(made), 2273900003)
	require.Len(t, third, 1)
	require.Equal(t, "url", third[0].Path)
	require.Empty(t, mitto.WebhookWarnings(definition(made), 1))
}
