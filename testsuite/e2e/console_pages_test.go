package e2e

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/console"
	"github.com/latch-run/latch/testsuite/browser"
	"github.com/latch-run/latch/testsuite/receiver"
)

// consolePages has a row for each page of the console, with its address in a world and a text
// on it.
var consolePages = []consolePage{
	{path: "/login", shows: []string{"Log in to Latch", "Your API key"}},
	{path: "/", address: (*consoleWorld).paused, shows: []string{"Inbox", "The shop", "board", "somebody decides", "Failed steps", "tests"}},
	{path: "/console/releases", shows: []string{"Releases", "The shop", "waits for board"}},
	{path: "/console/releases/{id}", address: func(w *consoleWorld) string { return "/console/releases/" + w.passed },
		shows: []string{"The shop", "waits for 1 hook", "on rollback", "Roll back the release", "board"}},
	{path: "/console/gates", address: (*consoleWorld).gates,
		shows: []string{"Gates", "DEPLOY", "waits for board", "board and 1 more", "stopped by ci: The smoke tests are red"}},
	{path: "/console/gates/{id}", address: func(w *consoleWorld) string { return "/console/gates/" + w.measured() },
		shows: []string{"DEPLOY", "Waits for", "the measurements of error-rate", "8 measurements", "board", "Stop at the gate"}},
	{path: "/console/start-release", shows: []string{"Start a release", "The release's file", "nothing starts"}},
	{path: "/console/jobs", address: func(w *consoleWorld) string { return "/console/jobs?search=" + w.job },
		shows: []string{"Jobs", "The night's export", "every day at 03:00 (Europe/Berlin)", "failed"}},
	{path: "/console/jobs/{id}", address: func(w *consoleWorld) string { return "/console/jobs/" + w.job },
		shows: []string{"The night's export", "every day at 03:00 (Europe/Berlin)", "Runs: 1", "JOB_FAILURE", "Add a webhook", "Add the tag"}},
	{path: "/console/deliveries", shows: []string{"Deliveries", "Outcomes over time", "board", "Send again what failed"}},
	{path: "/console/deliveries/queue", shows: []string{"What was skipped", "No workflow is named."}},
	{path: "/console/deliveries/again", shows: []string{"Sent again", "Nothing was sent again."}},
	{path: "/console/deliveries/statistics", shows: []string{"Statistics of deliveries", "Outcomes over time"}},
	{path: "/console/deliveries/{id}", address: func(w *consoleWorld) string {
		sent := w.history(w.passed)[0]
		return "/console/deliveries/" + sent.DeliveryID + "?" + url.Values{"workflow_id": {sent.WorkflowID}, "run_id": {sent.RunID}}.Encode()
	}, shows: []string{"Each time that it was sent", "First sending", "board", "Attempts: 0"}},
	{path: "/console/webhooks", address: (*consoleWorld).webhooks, shows: []string{"Registered webhooks", "tower",
		"BEFORE_RELEASE (blocking)"}},
	{path: "/console/new-webhook", shows: []string{"New webhook", "Content type", "Room for another event"}},
	{path: "/console/webhooks/{webhook}", address: func(w *consoleWorld) string { return w.webhooks() + "/tower" },
		shows: []string{"Webhook tower", "Settings of the event BEFORE_RELEASE", "What was sent at"}},
	{path: "/console/jobs/{id}/webhooks/new", address: func(w *consoleWorld) string { return w.jobWithHook() + "/new" },
		shows: []string{"New webhook of job", "Content type"}},
	{path: "/console/jobs/{id}/webhooks/{webhook}", address: func(w *consoleWorld) string { return w.jobWithHook() + "/990100001" },
		shows: []string{"Webhook of job 9901", "JOB_COMPLETE"}},
	{path: "/console/watches", address: (*consoleWorld).watches, shows: []string{"Watches", "late-orders", "WORKFLOW_TIMED_OUT"}},
	{path: "/console/watches/{id}", address: func(w *consoleWorld) string { return w.watches() + "/late-orders" },
		shows: []string{"Watch late-orders", "WorkflowType = 'Order'", "its deliveries", "Delete the watch"}},
	{path: "/console/freezes", address: (*consoleWorld).freezes, shows: []string{"Freezes", "xmas", "incident"}},
	{path: "/console/audit", shows: []string{"Audit", "release.start", "lock.release", "The tests are green", "board"}},
	{path: "/console/gallery", shows: []string{"Each piece that pages are made of"}},
}

// A consolePage is a row of the table.
type consolePage struct {
	// path is the page's path in internal/console/pages.go.
	path string
	// address is an address of the page; "" means the path itself.
	address func(w *consoleWorld) string
	// shows is a text on the page.
	shows []string
}

// A consoleWorld is the content of the pages.
type consoleWorld struct {
	*served
	// release is the id of a release that a lock holds before its first step. passed is the
	// workflow id of one that is held at its end.
	release, passed string
	// job is the id of a registered job that ran, and failed.
	job string
}

// consoleReleases counts the releases of all worlds, which share one server.
var consoleReleases atomic.Int64

func newConsoleWorld(t *testing.T) *consoleWorld {
	t.Helper()
	b := setup(t)
	w := &consoleWorld{served: b.serve("LATCH_API_KEYS", apiKeys), release: fmt.Sprint("shop-4.", consoleReleases.Add(1))}
	w.held(w.release)
	w.job = w.failed()
	passed, token := w.held(fmt.Sprint("shop-4.", consoleReleases.Add(1)))
	w.passed = passed
	w.as("lock-key-0123456789", "POST", "/latch/v1/locks/"+url.PathEscape(token)+"/release",
		`{"reason":"The tests are green"}`).read(w, 200, nil)
	for ticker := time.Tick(tick); ; <-ticker { // it completes
		if locks := w.status(passed).Locks; len(locks) == 1 && locks[0].Token != token || w.ctx.Err() != nil {
			return w
		}
	}
}

// gate asks a gate with the webhooks, which a lock holds, and returns its workflow id.
func (w *consoleWorld) gate(webhooks string) string {
	var asked struct {
		WorkflowID string `json:"workflow_id"`
	}
	w.as("run-key-0123456789", "POST", "/latch/v1/gates", fmt.Sprintf(`{"id": "rollout-%d", "event": "DEPLOY", "webhooks": [%s]}`,
		consoleReleases.Add(1), webhooks)).read(w, 201, &asked)
	return asked.WorkflowID
}

const boardAtGate = `{"id": "board", "events": [{"event": "DEPLOY", "blocking": true, "lock_timeout": "4h"}]}`

// measured asks a gate whose analysis has made eight measurements and waits for the ninth, and
// returns its workflow id.
func (w *consoleWorld) measured() string {
	rates, canary := fmt.Sprint("/rate/", consoleReleases.Add(1)), fmt.Sprint("/canary/", consoleReleases.Add(1))
	held := receiver.Answer{Hold: make(chan struct{})}
	var answers []receiver.Answer
	for _, rate := range []string{"0.011", "0.013", "0.009", "0.031", "0.022", "0.054", "0.018", "0.012"} {
		answers = append(answers, receiver.JSON(200, `{"rate":`+rate+`}`))
	}
	w.receiver.Script(rates, append(answers, held)...)
	w.receiver.Script(canary, held)
	id := w.gate(boardAtGate + `, {"id": "error-rate", "event": "DEPLOY", "analysis": {"http": {"url": "` + w.receiver.URL + rates + `"},
		"success": "response.data.rate < 0.03", "failure": "response.data.rate > 0.05", "interval": "20ms", "count": 20,
		"failure_limit": 2, "inconclusive_limit": 2}},
		{"id": "canary", "url": "` + w.receiver.URL + canary + `", "events": [{"event": "DEPLOY", "enforce": false}]}`)
	_, err := w.receiver.Wait(w.ctx, rates, len(answers)+1)
	require.NoError(w, err)
	return id
}

// gates asks gates, one of which is stopped, and returns the address of their list.
func (w *consoleWorld) gates() string {
	w.gate(boardAtGate)
	w.measured()
	w.as("run-key-0123456789", "POST", "/latch/v1/gates/"+w.gate(boardAtGate)+"/stop",
		`{"reason": "The smoke tests are red"}`).read(w, 200, nil)
	return "/console/gates?search=rollout-"
}

// paused starts a release that pauses at a failed step, since nobody listens to the gate that it
// asks, and returns the path of the inbox.
func (w *consoleWorld) paused() string {
	w.as("run-key-0123456789", "POST", "/latch/v1/releases", fmt.Sprintf(`{"id": "shop-5.%d", "title": "The paused shop",
		"on_failure": "pause", "steps": [{"name": "tests", "do": {"workflow": {"type": "latch.Gate", "input": {"event": "TESTED"}}}}]}`,
		consoleReleases.Add(1))).read(w, 201, nil)
	return "/"
}

// webhooks registers a webhook, and returns the path of the list.
func (w *consoleWorld) webhooks() string {
	w.as("admin-key=1-0123456789", "PUT", "/latch/v1/webhooks/tower",
		`{"url": "https://hooks.example.com/tower", "secret": "tower", "when": "false",
		"events": [{"event": "BEFORE_RELEASE", "blocking": true, "lock_timeout": "2h"}, {"event": "BEFORE_RELEASE_COMPLETE"}]}`).read(w, 200, nil)
	return "/console/webhooks"
}

// freezes registers a freeze, and returns the path of the list.
func (w *consoleWorld) freezes() string {
	w.as("admin-key=1-0123456789", "PUT", "/latch/v1/freezes/xmas",
		`{"when":"'prod' in release.vars.env","windows":[{"start":"0 18 20 12 *","end":"0 8 3 1 *"}],"override":{"groups":["incident"]}}`).read(w, 200, nil)
	return "/console/freezes"
}

// watches registers a watch, and returns the path of the list.
func (w *consoleWorld) watches() string {
	w.as("admin-key=1-0123456789", "PUT", "/latch/v1/watches/late-orders",
		`{"query": "WorkflowType = 'Order' AND ExecutionStatus = 'TimedOut'", "webhooks": [{"id": "pager",
		"url": "https://hooks.example.com/pager", "event": "WORKFLOW_TIMED_OUT"}]}`).read(w, 200, nil)
	return "/console/watches"
}

// jobWithHook registers a job with a webhook, and returns the path of its webhooks.
func (w *consoleWorld) jobWithHook() string {
	w.as("admin-key=1-0123456789", "POST", "/v2/jobs", `{"id": 9901, "title": "Webhooks!", "type": "cmd", "conf": {"cmd": "true"}}`)
	body := `{"text": "Job Complete!: ${system['fqdn']} - ${job['title']}"}`
	w.as("admin-key=1-0123456789", "POST", "/v2/jobs/9901/webhooks",
		fmt.Sprintf(`{"url": "https://hooks.example.com/T/B/x", "event_type": "JOB_COMPLETE",
		"content_type": "application/json", "body": %q}`, body))
	return "/console/jobs/9901/webhooks"
}

// logIn logs in with a key.
func (w *consoleWorld) logIn(page *browser.Page, key string) {
	w.Helper()
	require.EqualValues(w, 200, page.Visit(w.url+"/"))
	page.Fill("Your API key", key)
	require.EqualValues(w, 200, page.Press("Log in"))
}

// Every page of the console, on a desktop and on a phone, in light and in dark: axe-core finds
// no accessibility problem, nothing is wider than the window, and nothing is loaded from other
// hosts. With LATCH_SCREENSHOTS each page is saved as a picture in that folder.
func TestConsolePagesInABrowser(t *testing.T) {
	t.Parallel()
	known := console.Paths()
	for _, each := range consolePages {
		require.Contains(t, known, each.path)
	}
	for _, path := range known {
		has := slices.ContainsFunc(consolePages, func(each consolePage) bool { return each.path == path })
		require.True(t, has, "%s has no row in consolePages", path)
	}
	w := newConsoleWorld(t)
	for _, each := range consolePages {
		t.Run(console.PictureName(each.path), func(t *testing.T) {
			page := browser.Open(t, browser.Desktop)
			if each.path != "/login" {
				w.logIn(page, "admin-key=1-0123456789")
			}
			address := each.path
			if each.address != nil {
				address = each.address(w)
			}
			require.EqualValues(t, 200, page.Visit(w.url+address))
			for _, text := range each.shows {
				page.Await(text)
			}
			for _, size := range []browser.Size{browser.Desktop, browser.Phone} {
				page.Resize(size)
				require.False(t, page.IsWiderThanItsWindow(), "%v", size)
				for _, scheme := range []string{"light", "dark"} {
					page.Prefer(scheme)
					// axe-core takes a second each: the places depend on the size, and the colors on the scheme.
					if (size == browser.Phone) == (scheme == "dark") {
						require.Empty(t, page.Violations(), "%v %s", size, scheme)
					}
					draw(t, page, each.path, size, scheme)
				}
			}
			for _, request := range page.Requests() {
				require.True(t, strings.HasPrefix(request, w.url+"/"), request)
			}
		})
	}
}

// draw saves a picture of the page if pictures are requested.
func draw(t *testing.T, page *browser.Page, path string, size browser.Size, scheme string) {
	t.Helper()
	folder := os.Getenv("LATCH_SCREENSHOTS")
	if folder == "" || !slices.ContainsFunc(console.Pictured(), func(p console.Picture) bool { return p.Name == console.PictureName(path) }) {
		return
	}
	width := map[browser.Size]string{browser.Desktop: "desktop", browser.Phone: "phone"}[size]
	require.NoError(t, os.MkdirAll(folder, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(folder, fmt.Sprintf("%s-%s-%s.png", console.PictureName(path), width, scheme)),
		page.Picture(), 0o644))
}

// A person logs in with a key at a phone's width, and removes a lock in the inbox, with scripts
// and without.
func TestConsoleInboxInABrowser(t *testing.T) {
	t.Parallel()
	w := newConsoleWorld(t)
	for _, scripts := range []bool{true, false} {
		t.Run(fmt.Sprintf("scripts %t", scripts), func(t *testing.T) {
			id := fmt.Sprintf("%s-%t", w.queue, scripts)
			workflowID, token := w.held(id)
			page := browser.Open(t, browser.Phone)
			if !scripts {
				page.ForbidScripts()
			}
			require.EqualValues(t, 200, page.Visit(w.url+"/?release="+url.QueryEscape(id)))
			page.Fill("Your API key", "lock-key-0123456789")
			require.EqualValues(t, 200, page.Press("Log in"))
			require.Contains(t, page.Text(), "The shop")
			require.EqualValues(t, 200, page.Follow("board"))
			require.EqualValues(t, 200, page.Press("Let pass"))
			require.Contains(t, page.Text(), "Removed by board")
			removed := record(t, w.history(workflowID), "board", "BEFORE_RELEASE")
			require.Equal(t, token, removed.Lock.Token)
			require.Equal(t, "page", removed.Lock.Via)
		})
	}
}

// The inbox updates itself: a lock that is removed elsewhere disappears from it, and from the
// title's count. Titles and ids from others are shown as text.
func TestConsoleInboxChangesByItself(t *testing.T) {
	t.Parallel()
	w := newConsoleWorld(t)
	id := w.queue + "-<img src=x onerror=document.title='attacked'>"
	var started struct {
		WorkflowID string `json:"workflow_id"`
	}
	hostile := strings.NewReplacer(`"The shop"`, `"</title><script>document.title='attacked'</script>"`).Replace(heldRelease(id))
	w.as("run-key-0123456789", "POST", "/latch/v1/releases", hostile).read(t, 201, &started)
	token := w.token(started.WorkflowID)
	page := browser.Open(t, browser.Desktop)
	w.logIn(page, "lock-key-0123456789")
	require.EqualValues(t, 200, page.Visit(w.url+"/?release="+url.QueryEscape(id)))
	page.Await("</title><script>document.title='attacked'</script>")
	page.Await("onerror=document.title")
	require.Equal(t, "(1) Inbox · Latch", page.Title())
	w.as("lock-key-0123456789", "POST", "/latch/v1/locks/"+url.PathEscape(token)+"/release",
		`{"result":"fail","data":{"stop_release":true}}`).read(t, 200, nil)
	page.Await("No lock waits that the filter takes.")
	require.Equal(t, "(0) Inbox · Latch", page.Title())
}

// The keys j and k move between rows, and / moves to the search.
func TestConsoleKeys(t *testing.T) {
	t.Parallel()
	w := newConsoleWorld(t)
	w.held(w.queue + "-second")
	page := browser.Open(t, browser.Desktop)
	w.logIn(page, "read-key-0123456789")
	require.EqualValues(t, 200, page.Visit(w.url+"/?webhook=board")) // locks alone
	page.Await("may look at these locks")
	page.Await(w.release)
	page.Await(w.queue + "-second")
	page.Type("j")
	require.Equal(t, "board", page.Focused())
	first := page.FocusedLink()
	page.Type("j")
	second := page.FocusedLink()
	require.NotEqual(t, first, second)
	page.Type("k")
	require.Equal(t, first, page.FocusedLink())
	page.Type("/")
	require.Equal(t, "Release", page.Focused())
}
