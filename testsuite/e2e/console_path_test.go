package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/hang"
	"github.com/latch-run/latch/testsuite/browser"
	"github.com/latch-run/latch/testsuite/receiver"
)

// The document's complete example: the body to type into the form, and what it "translates to"
// for its job in its Mitto.
const (
	documentBody = `{ 
  "text": "Job Complete!: ${system['fqdn']} - ${job['title']}\nhttps://${system['fqdn']}/#!/job/${job['id']}" 
}`
	documentText = `Job Complete!: stage.zuarbase.net - Webhooks!
https://stage.zuarbase.net/#!/job/22739`
)

// withJob registers a job with the id that a worker of the test runs.
func (w *consoleWorld) withJob(id, title string) {
	w.Helper()
	w.as("admin-key=1-0123456789", "POST", "/v2/jobs", fmt.Sprintf(`{"id": %q, "name": %q, "title": %q, "type": "cmd",
		"conf": {"shell": true, "cmd": "true", "exec": false, "timeout": null, "cmd_env": {}}}`, id, id, title)).read(w, 201, nil)
	w.Cleanup(func() {
		_ = shared.client.ScheduleClient().GetHandle(context.Background(),
			"latch-job-"+id).Delete(context.Background()) // a test may have deleted it
	})
}

// pathWorld is a world of the console in which jobs run. It has its own namespace, so that its
// lists contain no runs of other tests.
func pathWorld(t *testing.T) *consoleWorld {
	t.Helper()
	own := ownNamespace(t)
	b := setup(t, "LATCH_ALLOW_COMMANDS", "true", "LATCH_FQDN", "stage.zuarbase.net", "TEMPORAL_NAMESPACE", own)
	return &consoleWorld{served: b.serve("LATCH_API_KEYS", apiKeys, "TEMPORAL_NAMESPACE", own)}
}

// ownNamespace creates a namespace for the test, and waits until the server accepts runs there.
func ownNamespace(t *testing.T) string {
	t.Helper()
	ctx, name := hang.Context(t), strings.ToLower(t.Name())
	namespaces, err := client.NewNamespaceClient(client.Options{HostPort: shared.server.FrontendHostPort,
		Logger: log.NewStructuredLogger(discard)})
	require.NoError(t, err)
	defer namespaces.Close()
	require.NoError(t, namespaces.Register(ctx, &workflowservice.RegisterNamespaceRequest{Namespace: name,
		WorkflowExecutionRetentionPeriod: durationpb.New(24 * time.Hour)}))
	own, err := client.NewLazyClient(client.Options{HostPort: shared.server.FrontendHostPort, Namespace: name,
		Logger: log.NewStructuredLogger(discard)})
	require.NoError(t, err)
	defer own.Close()
	for ticker := time.Tick(tick); ; <-ticker {
		if _, err = own.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{}); err == nil {
			return name
		}
		require.NoError(t, ctx.Err(), err)
	}
}

// awaitReload loads an address repeatedly until the page shows the text, like a person whose
// browser runs no scripts.
func (w *consoleWorld) awaitReload(page *browser.Page, address, text string) {
	w.Helper()
	for ticker := time.Tick(tick); ; <-ticker {
		require.EqualValues(w, 200, page.Visit(address))
		if strings.Contains(page.Text(), text) {
			return
		}
		require.NoError(w, w.ctx.Err(), "%s does not show %q:\n%s", address, text, page.Text())
	}
}

// started starts a job on its page, and waits until its webhook's request has arrived.
func (w *consoleWorld) started(page *browser.Page, id, path string, n int) receiver.Request {
	w.Helper()
	w.awaitReload(page, w.url+"/console/jobs/"+id, "It runs once, now.")
	require.EqualValues(w, 200, page.Press("Start"))
	require.Contains(w, page.Text(), "The job was started.")
	return w.arrives(path, n)[n-1]
}

// An operator logs in, gives a job the webhook of Mitto's document by the form, and runs the
// job. The request is the one in the document. Both the job's page and the list of deliveries
// show it. After an edit, the webhook sends the edited body.
func TestConsoleFromTheDocumentsForm(t *testing.T) {
	t.Parallel()
	w := pathWorld(t)
	const id = "22739"
	w.withJob(id, "Webhooks!")
	w.receiver.Script("/slack", receiver.Answer{Echo: true})
	page := browser.Open(t, browser.Desktop)
	w.logIn(page, "admin-key=1-0123456789")

	require.EqualValues(t, 200, page.Visit(w.url+"/console/jobs/"+id))
	require.EqualValues(t, 200, page.Follow("Add a webhook"))
	page.Fill("URL", w.receiver.URL+"/slack")
	page.Choose("Event", "JOB_COMPLETE")
	page.Choose("Method", "POST")
	page.Choose("Content type", "application/json")
	page.Fill("Body", documentBody)
	require.EqualValues(t, 200, page.Press("Save"))
	require.Contains(t, page.Text(), "The webhook is saved.")

	first := w.started(page, id, "/slack", 1)
	require.Equal(t, "POST", first.Method)
	require.Equal(t, "application/json", first.Header.Get("Content-Type"))
	require.Equal(t, map[string]any{"text": documentText}, body(t, first))
	page.Await("JOB_COMPLETE")
	w.awaitReload(page, w.url+"/console/deliveries?job="+id, "delivered")
	require.Contains(t, page.Text(), "JOB_COMPLETE")
	w.readDelivery(page, first)
	require.Contains(t, page.Text(), `Job Complete!: stage.zuarbase.net - Webhooks!\nhttps://stage.zuarbase.net/#!/job/22739`,
		"as the receiver got it")

	require.EqualValues(t, 200, page.Follow(w.hookIn(id, "")))
	require.Contains(t, page.Text(), "Webhook of job 22739")
	page.Fill("Body", strings.Replace(documentBody, "Job Complete!", "Done", 1))
	require.EqualValues(t, 200, page.Press("Save"))
	second := w.started(page, id, "/slack", 2)
	require.Equal(t, map[string]any{"text": strings.Replace(documentText, "Job Complete!", "Done", 1)}, body(t, second))
	require.NotEqual(t, first.Header.Get("Webhook-Id"), second.Header.Get("Webhook-Id"))
	w.awaitReload(page, w.url+"/console/deliveries?job="+id+"&outcome=delivered", "Deliveries: 2")
	w.readDelivery(page, second)
	require.Contains(t, page.Text(), "Done: stage.zuarbase.net - Webhooks!")
}

// hooksOf returns the numbers of a job's webhooks.
func (w *consoleWorld) hooksOf(id string) []string {
	w.Helper()
	var job struct{ Webhooks []struct{ ID json.Number } }
	w.as("read-key-0123456789", "GET", "/v2/jobs/"+id, "").read(w, 200, &job)
	var numbers []string
	for _, each := range job.Webhooks {
		numbers = append(numbers, each.ID.String())
	}
	return numbers
}

// hookIn returns the id that records have for the webhook of the job's newest delivery that
// matches the filter.
func (w *consoleWorld) hookIn(id, filter string) string {
	w.Helper()
	var found struct{ Records []latch.Record }
	w.as("read-key-0123456789", "GET", "/latch/v1/deliveries?job="+url.QueryEscape(id)+filter, "").read(w, 200, &found)
	require.NotEmpty(w, found.Records)
	return found.Records[0].Webhook
}

// readDelivery opens the page of a successful delivery without naming its run, which its id
// contains.
func (w *consoleWorld) readDelivery(page *browser.Page, request receiver.Request) {
	w.Helper()
	w.awaitReload(page, w.url+"/console/deliveries/"+request.Header.Get("Webhook-Id"), "First sending")
}

// failing registers a job with a webhook whose receiver permanently refuses the first requests,
// and runs it as often.
func (w *consoleWorld) failing(times int) (id string) {
	w.Helper()
	id = fmt.Sprint("lost-", consoleReleases.Add(1), "-", w.queue)
	w.withJob(id, "Lost")
	answers := make([]receiver.Answer, times, times+1)
	for i := range answers {
		answers[i] = receiver.Status(404)
	}
	w.receiver.Script("/"+id, append(answers, receiver.Status(200))...)
	w.as("admin-key=1-0123456789", "POST", "/v2/jobs/"+id+"/webhooks",
		fmt.Sprintf(`{"url": %q, "event_type": "JOB_SUCCESS"}`, w.receiver.URL+"/"+id)).read(w, 201, nil)
	for n := 1; n <= times; n++ {
		for ticker := time.Tick(tick); ; <-ticker { // 409 while the previous run has not closed
			if w.as("run-key-0123456789", "POST", "/v2/jobs/"+id+"/:actions", `{"action":"START"}`).status == 200 {
				break
			}
			require.NoError(w, w.ctx.Err())
		}
		w.arrives("/"+id, n)
	}
	for ticker := time.Tick(tick); ; <-ticker { // Temporal's list contains all of them
		var found struct{ Records []struct{} }
		w.as("read-key-0123456789", "GET", "/latch/v1/deliveries?failed=true&job="+url.QueryEscape(id), "").read(w, 200, &found)
		if len(found.Records) == times {
			return id
		}
		require.NoError(w, w.ctx.Err())
	}
}

// Buttons send failed deliveries again, successfully: all that match a filter, after showing
// their number, on a page that follows the progress; and one on its own page.
func TestConsoleRedeliveryInABrowser(t *testing.T) {
	t.Parallel()
	w := pathWorld(t)
	id := w.failing(3)
	page := browser.Open(t, browser.Desktop)
	w.logIn(page, "run-key-0123456789")
	list := w.url + "/console/deliveries?failed=true&job=" + url.QueryEscape(id)
	require.EqualValues(t, 200, page.Visit(list))
	require.Contains(t, page.Text(), "Deliveries: 3")
	page.Await("3 deliveries") // the statistics, which are loaded later

	require.EqualValues(t, 200, page.Follow(w.hookIn(id, "&failed=true")))
	require.Contains(t, page.Text(), "failed")
	require.EqualValues(t, 200, page.Press("Send again"))
	require.Contains(t, page.Text(), "The delivery is being sent again")
	page.Await("Redelivery 1")
	page.Await("delivered")

	w.awaitReload(page, list, "Deliveries: 2")
	require.EqualValues(t, 200, page.Press("Send again what failed …"))
	require.Contains(t, page.Text(), "Send 2 deliveries again?")
	require.EqualValues(t, 200, page.Press("Yes: send 2 again"))
	page.Await("Arrived: 2. On their way: 0. Failed again: 0. Not started: 0. Skipped: 0.")
	require.Empty(t, page.Violations())
	page.Prefer("dark")
	require.Empty(t, page.Violations())
	require.EqualValues(t, 200, page.Follow("Back to the deliveries"))
	require.Contains(t, page.Text(), "Deliveries: 0")
	require.Len(t, w.arrives("/"+id, 6), 6)
}

// Everything works in a browser that runs no scripts: log in, remove a lock, start a release,
// read a job, add, edit and delete a webhook, filter deliveries, and send failed ones again.
func TestConsoleWithoutScripts(t *testing.T) {
	t.Parallel()
	w := pathWorld(t)
	id := w.failing(2)
	release := fmt.Sprint("shop-", w.queue)
	page := browser.Open(t, browser.Phone)
	page.ForbidScripts()
	w.logIn(page, "admin-key=1-0123456789")

	require.EqualValues(t, 200, page.Visit(w.url+"/console/start-release"))
	page.Fill("The release's file", strings.NewReplacer("\n", "", "\t", "").Replace(heldRelease(release)))
	require.EqualValues(t, 200, page.Press("Start the release"))
	require.Contains(t, page.Text(), "The release was started.")
	w.awaitReload(page, w.url+"/?release="+url.QueryEscape(release), "Waits since")
	require.EqualValues(t, 200, page.Follow("board"))
	require.EqualValues(t, 200, page.Press("Let pass"))
	require.Contains(t, page.Text(), "Removed by ann")

	w.editsAWebhook(page, id)
	w.sendsAgain(page, id)
}

// editsAWebhook adds a webhook to the job by the form, runs the job, edits the webhook, runs
// the job again, and deletes the webhook.
func (w *consoleWorld) editsAWebhook(page *browser.Page, id string) {
	w.Helper()
	job := w.url + "/console/jobs/" + id
	require.EqualValues(w, 200, page.Visit(job))
	require.EqualValues(w, 200, page.Follow("Add a webhook"))
	page.Fill("URL", w.receiver.URL+"/plain")
	page.Choose("Event", "JOB_START")
	page.Fill("Body", `{"job": "${job['title']}"}`)
	require.EqualValues(w, 200, page.Press("Save"))
	require.Equal(w, map[string]any{"job": "Lost"}, body(w, w.started(page, id, "/plain", 1)))
	number := w.hooksOf(id)[1]
	require.EqualValues(w, 200, page.Visit(job))
	require.EqualValues(w, 200, page.Follow("Webhook "+number))
	page.Fill("Body", `{"edited": "${job['title']}"}`)
	require.EqualValues(w, 200, page.Press("Save"))
	require.Equal(w, map[string]any{"edited": "Lost"}, body(w, w.started(page, id, "/plain", 2)))
	require.EqualValues(w, 200, page.Visit(job))
	require.EqualValues(w, 200, page.Follow("Webhook "+number))
	require.EqualValues(w, 200, page.Press("Delete …"))
	require.EqualValues(w, 200, page.Press("Yes: delete it"))
	require.Contains(w, page.Text(), "The webhook is deleted.")
	require.Len(w, w.hooksOf(id), 1)
}

// sendsAgain finds the job's two failed deliveries by the filter, sends one again on its page
// and the other in the list, and reloads until they have arrived.
func (w *consoleWorld) sendsAgain(page *browser.Page, id string) {
	w.Helper()
	list := w.url + "/console/deliveries?job=" + url.QueryEscape(id)
	require.EqualValues(w, 200, page.Visit(list))
	page.Choose("Outcome", "failed")
	require.EqualValues(w, 200, page.Press("Filter"))
	require.Contains(w, page.Text(), "Deliveries: 2")
	require.EqualValues(w, 200, page.Follow("Statistics of all that the filter finds"))
	require.Contains(w, page.Text(), "2 deliveries")
	require.EqualValues(w, 200, page.Follow("The deliveries themselves"))
	require.EqualValues(w, 200, page.Follow(w.hookIn(id, "&failed=true")))
	require.EqualValues(w, 200, page.Press("Send again"))
	require.Contains(w, page.Text(), "The delivery is being sent again")
	w.awaitReload(page, page.Address(), "delivered")

	w.awaitReload(page, list+"&failed=true", "Deliveries: 1")
	require.EqualValues(w, 200, page.Press("Send again what failed …"))
	require.EqualValues(w, 200, page.Press("Yes: send 1 again"))
	w.awaitReload(page, page.Address(), "Arrived: 1. On their way: 0.")
}
