package console_test

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// open opens the stream of a page, and returns its lines.
func open(t *testing.T, p *person, path string) (*http.Response, *bufio.Scanner) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.base+path, nil)
	require.NoError(t, err)
	request.Header.Set("Accept", "text/event-stream")
	response, err := p.browser.Do(request)
	require.NoError(t, err)
	t.Cleanup(func() { _ = response.Body.Close() })
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	return response, lines
}

// await reads lines until one contains the text.
func await(t *testing.T, lines *bufio.Scanner, text string) string {
	t.Helper()
	for lines.Scan() {
		if strings.Contains(lines.Text(), text) {
			return lines.Text()
		}
	}
	require.Fail(t, "the stream ended", "without %q: %v", text, lines.Err())
	return ""
}

// A stream sends the page's parts, and again those that changed, beyond the time
// that the server lets a request take; it ends when the process is to.
func TestStream(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.waits(t, "1", lock("1", "board"))
	stop, end := context.WithCancel(t.Context())
	p := loggedIn(t, serveUntil(t, stop, w, keys, time.Second), readKey)
	response, lines := open(t, p, "/")
	require.Equal(t, "text/event-stream", response.Header.Get("Content-Type"))
	require.Contains(t, await(t, lines, "data: "), "Shop 1")
	await(t, lines, `"title":"(1) Inbox"`)
	w.decided()
	require.Contains(t, await(t, lines, "data: "), "Nothing waits")
	await(t, lines, `"title":"(0) Inbox"`)
	end()
	for lines.Scan() { // to the end
		continue
	}
	require.NoError(t, lines.Err())
}

// Somebody without a session gets no stream.
func TestStreamTakesASession(t *testing.T) {
	t.Parallel()
	response, _ := open(t, visitor(t, serve(t, newWorld(), keys)), "/")
	require.Equal(t, 401, response.StatusCode)
}

// A followed page of a job updates its buttons, its runs and its deliveries as the job runs.
func TestAJobIsFollowed(t *testing.T) {
	t.Parallel()
	w := newWorld()
	p := loggedIn(t, serve(t, w, keys), adminKey)
	p.registered(nightJob)
	_, lines := open(t, p, "/console/jobs/night")
	require.Contains(t, await(t, lines, `"id":"run-it"`), `value=\"start\"`)
	require.Contains(t, await(t, lines, `"id":"last-deliveries"`), "have sent nothing")
	require.Equal(t, 200, p.api("POST", "/v2/jobs/night/:actions", `{"action":"START"}`).status)
	require.Contains(t, await(t, lines, `"id":"run-it"`), `value=\"stop\"`)
	require.Contains(t, await(t, lines, `"id":"runs-part"`), "Runs: 1")
}
