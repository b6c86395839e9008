package console_test

import (
	"context"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/console"
	"github.com/latch-run/latch/internal/lockpage"
	"github.com/latch-run/latch/internal/mitto/mittoapi"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/runs/runstest"
)

var noon = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

// A world is a Temporal of one test, with the releases in it that wait for locks.
type world struct {
	runstest.Temporal
	guard sync.Mutex
	// told are the messages that were sent to runs.
	told []client.UpdateWorkflowOptions
}

func newWorld() *world { return &world{Temporal: runstest.Temporal{Now: noon}} }

// waits adds a release that waits for the locks.
func (w *world) waits(t *testing.T, id string, locks ...latch.OpenLock) {
	t.Helper()
	w.guard.Lock()
	defer w.guard.Unlock()
	run := w.Add("release-"+id, latch.WorkflowRelease, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING)
	run.WaitsFor(locks...)
	run.Answer = func(query string) (any, error) {
		if query == latch.QueryStatus {
			return latch.Status{ID: id, Status: latch.ReleaseRunning, Locks: locks}, nil
		}
		var records []latch.Record
		for _, each := range locks {
			records = append(records, latch.Record{Webhook: each.Webhook, Event: each.Event, Result: latch.ResultPending,
				WorkflowID: "release-" + id, Lock: &latch.RecordLock{Token: each.Token}})
		}
		return records, nil
	}
	run.StartedWith(`{"id":"` + id + `","steps":[]}`)
}

// audited adds an audit with the entries.
func (w *world) audited(entries ...latch.AuditEntry) {
	w.Add(protocol.AuditID(latch.DefaultTaskQueue), latch.WorkflowAudit,
		enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING).History = func() ([]*historypb.HistoryEvent, error) {
		return []*historypb.HistoryEvent{{EventId: 2, EventTime: timestamppb.New(noon),
			Attributes: &historypb.HistoryEvent_WorkflowExecutionSignaledEventAttributes{
				WorkflowExecutionSignaledEventAttributes: &historypb.WorkflowExecutionSignaledEventAttributes{
					SignalName: protocol.SignalAudit, Input: runstest.Payloads(protocol.AuditEntries{Entries: entries})}}}}, nil
	}
}

// decided takes all locks away.
func (w *world) decided() {
	w.guard.Lock()
	defer w.guard.Unlock()
	w.Runs = nil
}

// ListWorkflow lists the runs.
func (w *world) ListWorkflow(ctx context.Context,
	request *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	w.guard.Lock()
	defer w.guard.Unlock()
	return w.Temporal.ListWorkflow(ctx, request)
}

// lock is an open lock of a release.
func lock(id, webhook string) latch.OpenLock {
	return latch.OpenLock{Token: "release-" + id + ":" + webhook + ":r4nd0m", Webhook: webhook, Event: latch.EventBeforeRelease, Release: id,
		Title: "Shop " + id, Since: latch.NewTime(noon), Until: latch.NewTime(noon.Add(time.Hour)), OnTimeout: latch.Stop}
}

// Keys of each role.
const (
	adminKey = "admin-0123456789abcdef"
	lockKey  = "lock-0123456789abcdef"
	readKey  = "read-0123456789abcdef"
	keys     = "ann=" + adminKey + ",board:lock=" + lockKey + ",eye:read=" + readKey
)

// serve serves the API with its console over the world, without keys if text is empty.
func serve(t *testing.T, w *world, text string) string {
	t.Helper()
	return serveUntil(t, t.Context(), w, text, 0)
}

// serveUntil has streams end with stop. The timeout bounds a request and its
// answer; 0 is no bound.
func serveUntil(t *testing.T, stop context.Context, w *world, text string, timeout time.Duration) string {
	t.Helper()
	parsed, err := api.ParseKeys(text)
	require.NoError(t, err)
	handler, err := api.New(api.Options{Client: w, Keys: parsed, Logger: slog.New(slog.NewTextHandler(t.Output(), nil)), Routes: []api.Routes{
		mittoapi.Routes(mittoapi.Options{}), lockpage.Routes(lockpage.Options{Inbox: true}),
		console.Routes(console.Options{Stop: stop, TemporalUI: "http://127.0.0.1:8233"})}})
	require.NoError(t, err)
	server := httptest.NewUnstartedServer(handler)
	server.Config.ReadTimeout, server.Config.WriteTimeout = timeout, timeout
	server.Start()
	t.Cleanup(server.Close)
	return server.URL
}

// A person is a user with a browser that runs no scripts.
type person struct {
	*testing.T
	base    string
	browser *http.Client
}

// visitor returns a user who is not logged in.
func visitor(t *testing.T, base string) *person {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &person{t, base, &http.Client{Jar: jar}}
}

// loggedIn returns a user who has logged in with a key.
func loggedIn(t *testing.T, base, key string) *person {
	t.Helper()
	p := visitor(t, base)
	got := p.post("/login", url.Values{"key": {key}})
	require.Equal(t, 200, got.status, got.body)
	return p
}

// A seen is the content of a browser.
type seen struct {
	status int
	path   string
	header http.Header
	body   string
}

func (p *person) get(path string, headers ...string) seen {
	p.Helper()
	return p.send(http.MethodGet, path, "", headers...)
}

// post sends a form that, according to the browser, comes from the console's own page.
func (p *person) post(path string, form url.Values, headers ...string) seen {
	p.Helper()
	return p.send(http.MethodPost, path, form.Encode(), append([]string{"Content-Type", "application/x-www-form-urlencoded",
		"Origin", p.base, "Sec-Fetch-Site", "same-origin"}, headers...)...)
}

func (p *person) send(method, path, body string, headers ...string) seen {
	p.Helper()
	request, err := http.NewRequestWithContext(p.Context(), method, p.base+path, strings.NewReader(body))
	require.NoError(p, err)
	request.Header.Set("Accept", "text/html")
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := p.browser.Do(request)
	require.NoError(p, err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	require.NoError(p, err)
	return seen{response.StatusCode, response.Request.URL.RequestURI(), response.Header, string(text)}
}

var proofField = regexp.MustCompile(`name="form" value="([^"]+)"`)

// proof returns the proof in a page's forms.
func (p *person) proof(path string) string {
	p.Helper()
	found := proofField.FindStringSubmatch(p.get(path).body)
	require.NotEmpty(p, found, "no form on %s", path)
	return html.UnescapeString(found[1])
}
