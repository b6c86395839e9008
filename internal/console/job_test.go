package console_test

import (
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/runs/runstest"
)

// registered registers a job by the API.
func (p *person) registered(job string) {
	p.Helper()
	got := p.send("POST", "/v2/jobs", job, "Content-Type", "application/json", "Accept", "application/json", "X-API-Key", adminKey)
	require.Equal(p, 201, got.status, got.body)
}

// pressed presses a button of a page, and returns the page that follows.
func (p *person) pressed(path, button string, fields ...string) seen {
	p.Helper()
	form := url.Values{"form": {p.proof(path)}, "action": {button}}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return p.post(path, form)
}

// ran adds a run of a job that has ended.
func (w *world) ran(job string, result latch.JobResult) {
	status := enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED
	if result.Status != latch.JobSucceeded {
		status = enumspb.WORKFLOW_EXECUTION_STATUS_FAILED
	}
	run := w.Add("job-"+job, latch.WorkflowJobRun, status)
	if run.Closed = runstest.Completed(runstest.Payloads(result)); result.Status != latch.JobSucceeded {
		run.Closed = runstest.Failed(result.Error, latch.ErrorJobFailed, runstest.Payloads(result))
	}
}

const nightJob = `{"id":"night","title":"The night's export","type":"cmd","conf":{"cmd":"true"},"tags":["etl"],
	"schedule":{"type":"custom","custom":"0 3 * * *"},
	"webhooks":[{"url":"https://hooks.example.com/in","event_type":"JOB_SUCCESS","method":"POST"}]}`

// The list of jobs shows when each runs and how it ended, and is filtered and paged
// by the API.
func TestJobs(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.ran("night", latch.JobResult{Status: latch.JobFailed, Error: "disk full"})
	p := loggedIn(t, serve(t, w, keys), adminKey)
	require.Contains(t, p.get("/console/jobs").body, "No job is registered")
	p.registered(nightJob)
	for i := range 60 {
		p.registered(fmt.Sprintf(`{"id":"job-%02d","title":"Another %02d","type":"cmd","conf":{"cmd":"true"}}`, i, i))
	}
	got := p.get("/console/jobs")
	require.Equal(t, 200, got.status, got.body)
	require.Contains(t, got.body, "Jobs: 50 of 61")
	require.Contains(t, got.body, `<a href="../console/jobs/night">The night&#39;s export</a>`)
	require.Contains(t, got.body, "every day at 03:00 (UTC)")
	require.Contains(t, got.body, "failed")
	require.Equal(t, 50, strings.Count(got.body, "data-row="))
	got = p.get("/console/jobs?offset=50")
	require.Contains(t, got.body, "Jobs: 51 to 61 of 61")
	require.Contains(t, got.body, ">First part</a>")
	for query, want := range map[string]string{"search=NIGHT": "Jobs: 1<", "tag=etl": "Jobs: 1<",
		"status=failed": "Jobs: 1<", "paused=true": "Jobs: 0<",
		"search=another": "Jobs: 50 of 60"} {
		require.Contains(t, p.get("/console/jobs?"+query).body, want, query)
	}
	require.Equal(t, 422, p.get("/console/jobs?status=nonsense").status)
	require.Equal(t, 422, p.get("/console/jobs?offset=-1").status)
}

// The page of a job shows its schedule, its runs with their results, and its webhooks, which
// link to their forms.
func TestJob(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.ran("night", latch.JobResult{Status: latch.JobFailed, Error: "disk full", KVP: latch.Object{"rows": json.RawMessage(`7`)}})
	w.ran("night", latch.JobResult{Status: latch.JobSucceeded})
	base := serve(t, w, keys)
	p := loggedIn(t, base, adminKey)
	p.registered(nightJob)
	got := p.get("/console/jobs/night")
	require.Equal(t, 200, got.status, got.body)
	for _, text := range []string{"every day at 03:00 (UTC)", "2030-01-01 00:00:00 UTC", "disk full", "&#34;rows&#34;: 7", "Runs: 2", "1h0m0s",
		"http://127.0.0.1:8233/namespaces/default/workflows/job-night/", "JOB_SUCCESS", "POST https://hooks.example.com/in",
		`href="../../console/jobs/night/webhooks/new"`, ">Pause<", ">Start<", "Remove the tag etl"} {
		require.Contains(t, got.body, text)
	}
	require.Regexp(t, `href="[^"]*jobs/night/webhooks/\d+"`, got.body)
	require.Equal(t, 404, p.get("/console/jobs/none").status)

	got = loggedIn(t, base, readKey).get("/console/jobs/night")
	require.Equal(t, 200, got.status)
	for _, button := range []string{">Start<", ">Pause<", "Add the tag", "Delete the job", "webhooks/new"} {
		require.NotContains(t, got.body, button)
	}
}

// A job is started, stopped, paused, resumed, tagged and deleted by its page.
func TestJobButtons(t *testing.T) {
	t.Parallel()
	w := newWorld()
	p := loggedIn(t, serve(t, w, keys), adminKey)
	p.registered(nightJob)
	const path = "/console/jobs/night"
	require.Contains(t, p.pressed(path, "pause").body, "The job is paused.")
	require.Contains(t, p.get(path).body, ">Resume<")
	require.Contains(t, p.pressed(path, "resume").body, "runs by itself again")
	require.Contains(t, p.pressed(path, "add-tag", "tag", "weekly").body, "Remove the tag weekly")
	require.NotContains(t, p.pressed(path, "remove-tag", "tag", "etl").body, "Remove the tag etl")
	got := p.pressed(path, "stop")
	require.Equal(t, 409, got.status)
	require.Contains(t, got.body, "not running")
	require.Contains(t, p.pressed(path, "start").body, "The job was started.")
	require.Len(t, w.Starts, 1)
	require.Contains(t, p.get(path).body, ">Stop the run<")
	require.Equal(t, 409, p.pressed(path, "start").status)

	got = p.pressed(path, "delete")
	require.Contains(t, got.body, "Its webhook goes with it. The run that goes on is not stopped.")
	require.Equal(t, 200, p.get(path).status, "nothing was deleted yet")
	require.NotContains(t, p.pressed(path, "delete", "confirmed", "something else").body, "was deleted")
	effect := htmlValue(t, got.body, "confirmed")
	require.Contains(t, p.pressed(path, "delete", "confirmed", effect).body, "The job night was deleted.")
	require.Equal(t, 404, p.get(path).status)
}

// A job that others run after is not deleted, and the page says why.
func TestAJobThatOthersFollowIsNotDeleted(t *testing.T) {
	t.Parallel()
	p := loggedIn(t, serve(t, newWorld(), keys), adminKey)
	p.registered(nightJob)
	p.registered(`{"id":"then","type":"cmd","conf":{"cmd":"true"},"schedule":{"type":"endof","endof":"night"}}`)
	require.Contains(t, p.get("/console/jobs/then").body, "after job night")
	effect := htmlValue(t, p.pressed("/console/jobs/night", "delete").body, "confirmed")
	got := p.pressed("/console/jobs/night", "delete", "confirmed", effect)
	require.Equal(t, 409, got.status)
	require.Contains(t, got.body, "while others run after it: then")
	require.Equal(t, 200, p.get("/console/jobs/night").status)
}

// A sequence shows its jobs in order, those that are gone too.
func TestSequence(t *testing.T) {
	t.Parallel()
	p := loggedIn(t, serve(t, newWorld(), keys), adminKey)
	p.registered(nightJob)
	p.registered(`{"id":"second","title":"Second","type":"cmd","conf":{"cmd":"true"}}`)
	p.registered(`{"id":"both","type":"sequence","jobs":["second","night","gone"]}`)
	body := p.get("/console/jobs/both").body
	require.Contains(t, body, "Jobs of the sequence, in order: 3")
	require.Contains(t, body, "not registered")
	require.Less(t, strings.Index(body, `/jobs/second"`), strings.Index(body, `/jobs/night"`))
}

// No text of a job, its webhooks and runs becomes markup.
func TestJobsShowTextsAsTexts(t *testing.T) {
	t.Parallel()
	const hostile = `</title></svg>'><script>alert(1)</script><img src=x onerror=alert(1)>`
	w := newWorld()
	w.ran("evil", latch.JobResult{Status: latch.JobFailed, Error: hostile, KVP: latch.Object{hostile: json.RawMessage(`"` + hostile + `"`)}})
	p := loggedIn(t, serve(t, w, keys), adminKey)
	encoded, err := json.Marshal(map[string]any{"id": "evil", "title": hostile, "name": hostile, "type": hostile, "tags": []string{hostile},
		"conf": map[string]any{"cmd": hostile}, "webhooks": []any{map[string]any{"url": "https://hooks.example.com/" + hostile,
			"event_type": "JOB_SUCCESS",
			"enabled":    false}}})
	require.NoError(t, err)
	p.registered(string(encoded))
	for _, path := range []string{"/console/jobs", "/console/jobs/evil",
		"/console/jobs?tag=" + url.QueryEscape(hostile), "/console/jobs?search=" + url.QueryEscape(hostile),
		"/console/jobs?offset=" + url.QueryEscape(hostile), "/console/jobs/" + url.PathEscape(hostile)} {
		got := p.get(path)
		require.NotContains(t, got.body, "<script>alert", path)
		require.NotContains(t, got.body, "<img", path)
	}
	require.Contains(t, p.get("/console/jobs/evil").body, "&lt;script&gt;")
	for _, button := range []string{"add-tag", "delete", "stop"} {
		got := p.pressed("/console/jobs/evil", button, "tag", hostile)
		require.NotContains(t, got.body, "<script>alert", button)
		require.NotContains(t, got.body, "<img", button)
	}
}

// htmlValue returns the value of a hidden field.
func htmlValue(t *testing.T, body, name string) string {
	t.Helper()
	_, rest, found := strings.Cut(body, `name="`+name+`" value="`)
	require.True(t, found, body)
	value, _, _ := strings.Cut(rest, `"`)
	return html.UnescapeString(value)
}

// Two users who change the tags of a job at the same moment both succeed.
func TestTagsOfTwoAreBothKept(t *testing.T) {
	t.Parallel()
	base := serve(t, newWorld(), keys)
	p := loggedIn(t, base, adminKey)
	p.registered(nightJob)
	const path = "/console/jobs/night"
	proof := p.proof(path)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			got := p.post(path, url.Values{"form": {proof}, "action": {"add-tag"}, "tag": {fmt.Sprint("of-", i)}})
			assert.Equal(t, 200, got.status, got.body)
		})
	}
	all.Wait()
	body := p.get(path).body
	for i := range 8 {
		require.Contains(t, body, fmt.Sprint("Remove the tag of-", i))
	}
}

// A job that somebody has changed since the request for its deletion is only deleted after
// another confirmation.
func TestAJobThatWasChangedIsNotDeletedUnseen(t *testing.T) {
	t.Parallel()
	p := loggedIn(t, serve(t, newWorld(), keys), adminKey)
	p.registered(nightJob)
	const path = "/console/jobs/night"
	confirmed := func(asked seen) []string {
		return []string{"confirmed", htmlValue(t, asked.body, "confirmed"), "etag", html.UnescapeString(htmlValue(t, asked.body, "etag"))}
	}
	asked := p.pressed(path, "delete")
	require.Equal(t, 200, p.api("PATCH", "/v2/jobs/night", `{"title":"Renamed"}`).status)
	again := p.pressed(path, "delete", confirmed(asked)...)
	require.Equal(t, 412, again.status)
	require.Contains(t, again.body, "somebody has changed it")
	require.Equal(t, 200, p.get(path).status)
	require.Contains(t, p.pressed(path, "delete", confirmed(again)...).body, "was deleted")
}
