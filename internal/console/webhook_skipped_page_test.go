package console_test

import (
	"html"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/runs/runstest"
)

// keeps adds a run of the job books whose delivery to the webhook was skipped.
func (w *world) keeps(t *testing.T, webhook string) latch.Record {
	t.Helper()
	record := w.lost(t, webhook)
	record.Result, record.Kept, record.Error = latch.ResultSkipped, true, "not sent: its endpoint is disabled"
	w.guard.Lock()
	defer w.guard.Unlock()
	w.Runs[len(w.Runs)-1].Answer = func(query string) (any, error) {
		if query != latch.QueryHistory {
			return nil, &serviceerror.QueryFailed{Message: "unknown queryType " + query}
		}
		return []latch.Record{record}, nil
	}
	return record
}

// queueOfTwo makes a workflow that was started answer that one of two deliveries is settled.
func queueOfTwo(run *runstest.Run) {
	run.Answer = func(query string) (any, error) {
		if query != protocol.QueryQueue {
			return nil, &serviceerror.QueryFailed{Message: "unknown queryType " + query}
		}
		return protocol.QueueState{Done: 1, Left: 1}, nil
	}
}

const healthy = `{"id":"tower","url":"https://hooks.example.com/x","events":[{"event":"JOB_SUCCESS"}],"health":{"disable_after":"1h"}}`

// What was skipped of a webhook is counted on its page, sent once somebody confirms, and followed
// on a page of its own. Nothing is sent before, nor by those who may only read.
func TestWhatWasSkippedIsSent(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.keeps(t, "tower")
	w.keeps(t, "tower")
	w.OnStart = queueOfTwo
	base := serve(t, w, keys)
	p, eye := loggedIn(t, base, adminKey), loggedIn(t, base, readKey)
	p.register(healthy)
	const path = "/console/webhooks/tower"
	require.NotContains(t, eye.get(path).body, "Count what was skipped")
	asked := p.press(path, "count-skipped", url.Values{"form": {p.proof(path)}})
	require.Equal(t, 200, asked.status)
	require.Contains(t, asked.body, "Send 2 deliveries that were skipped?")
	require.Empty(t, w.Starts)
	require.Equal(t, 403, eye.press(path, "send-skipped", url.Values{"form": {eye.proof(path)}}).status)
	require.Empty(t, w.Starts)
	followed := p.press(path, "send-skipped", hidden(asked.body))
	require.Len(t, w.Starts, 1)
	require.Contains(t, followed.path, "/console/deliveries/queue")
	require.Contains(t, followed.body, "1 of 2 are settled.")
	require.Contains(t, followed.body, `href="../../console/webhooks/tower"`)
	require.Contains(t, followed.body, html.EscapeString(w.Starts[0].GetWorkflowId()))
	again := p.press(path, "send-skipped", hidden(asked.body))
	require.Len(t, w.Starts, 1, "it is being sent already")
	require.Contains(t, again.body, "1 of 2 are settled.")
}

// A webhook whose endpoint is never disabled skips nothing, so there is no button. One that has
// skipped nothing says so.
func TestNothingWasSkipped(t *testing.T) {
	t.Parallel()
	p := loggedIn(t, serve(t, newWorld(), keys), adminKey)
	p.register(tower)
	const path = "/console/webhooks/tower"
	require.NotContains(t, p.get(path).body, "Count what was skipped")
	p.register(strings.Replace(healthy, "tower", "probed", 1))
	const healed = "/console/webhooks/probed"
	require.Contains(t, p.press(healed, "count-skipped", url.Values{"form": {p.proof(healed)}}).body, "Nothing was skipped that is not being sent already.")
	require.Contains(t, p.press(healed, "send-skipped", url.Values{"form": {p.proof(healed)}}).body, "Nothing was skipped that is not being sent already.")
	require.Equal(t, 404, p.get("/console/deliveries/queue?id=nobody").status)
}
