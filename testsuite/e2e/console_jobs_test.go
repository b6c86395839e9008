package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/testsuite/browser"
)

// consoleJob is a job that no worker of these tests may run: commands are not allowed, so a run
// fails at once.
const consoleJob = `{"id":"ID","name":"ID","title":"The night's export","type":"cmd","conf":{"cmd":"true"},"tags":["etl"],
	"schedule":{"cron":"0 3 * * *","timezone":"Europe/Berlin"},
	"webhooks":[{"url":"https://hooks.example.com/in","event_type":"JOB_FAILURE"},
		{"url":"https://hooks.example.com/done","event_type":"JOB_SUCCESS","enabled":false}]}`

// failed registers a job, runs it until it has failed, and returns its id.
func (w *consoleWorld) failed() string {
	w.Helper()
	id := fmt.Sprint("console-", consoleReleases.Add(1), "-", w.queue)
	w.as("admin-key=1-0123456789", "POST", "/v2/jobs", strings.ReplaceAll(consoleJob, "ID", id)).read(w, 201, nil)
	w.Cleanup(func() {
		_ = shared.client.ScheduleClient().GetHandle(context.Background(),
			"latch-job-"+id).Delete(context.Background()) // a test may have deleted it
	})
	w.as("run-key-0123456789", "POST", "/v2/jobs/"+id+"/:actions", `{"action":"START"}`).read(w, 200, nil)
	for ticker := time.Tick(tick); w.ctx.Err() == nil; <-ticker {
		var part struct{ Runs []struct{ Status string } }
		w.as("read-key-0123456789", "GET", "/latch/v1/jobs/"+id+"/runs", "").read(w, 200, &part)
		if len(part.Runs) == 1 && part.Runs[0].Status == "failed" {
			break
		}
	}
	return id
}

// A person pauses, resumes, tags and deletes a job on its page, without scripts.
func TestConsoleJobInABrowser(t *testing.T) {
	t.Parallel()
	w := newConsoleWorld(t)
	page := browser.Open(t, browser.Phone)
	page.ForbidScripts()
	w.logIn(page, "admin-key=1-0123456789")
	require.EqualValues(t, 200, page.Visit(w.url+"/console/jobs/"+w.job))
	require.EqualValues(t, 200, page.Press("Remove the tag etl"))
	require.Contains(t, page.Text(), "was removed from the job")
	require.EqualValues(t, 200, page.Press("Pause"))
	require.Contains(t, page.Text(), "The job is paused.")
	require.EqualValues(t, 200, page.Press("Resume"))
	require.EqualValues(t, 200, page.Press("Delete the job …"))
	require.Contains(t, page.Text(), "Its 2 webhooks go with it.")
	require.EqualValues(t, 200, page.Press("Delete the job"))
	require.Contains(t, page.Text(), "was deleted")
	require.EqualValues(t, 404, page.Visit(w.url+"/console/jobs/"+w.job))
}
