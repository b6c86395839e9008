package e2e

import (
	"fmt"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// register registers a webhook in which {R} stands for the receiver's URL.
func (s *served) register(id, webhook string) {
	s.Helper()
	s.as("admin-key=1-0123456789", "PUT", "/latch/v1/webhooks/"+id, s.spec(webhook)).read(s, 200, nil)
}

// records starts a job on the bench's queue, waits for it and returns its records of the
// webhook.
func (b *bench) records(id, job, webhook string) []latch.Record {
	b.Helper()
	var records []latch.Record
	for _, record := range b.succeeds(b.startJob(id, job)).History {
		if record.Webhook == webhook {
			records = append(records, record)
		}
	}
	return records
}

const quietJob = `{"id":"quiet","vars":{"quiet":true},"task":{"http":{"url":"{R}/work"}}}`

// A registered webhook applies to jobs, releases and events that begin right after its
// registration, at each event with the event's own settings, but not if when is false, or while
// it is disabled.
func TestRegisteredWebhookApplies(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.serve("LATCH_API_KEYS", apiKeys)
	const loud = `{"id":"loud","task":{"http":{"url":"{R}/work"}}}`
	s.register("audit", `{"url":"{R}/audit","when":"vars[?'quiet'].orValue(false) != true","events":[
		{"event":"JOB_SUCCESS","body":{"job":"${job.id}"}},{"event":"RELEASE_SUCCESS","body":{"release":"${release.id}"}},
		{"event":"INSTANCE_CREATED","body":{"event":"${event}"}},{"event":"JOB_FAILURE","enabled":false}]}`)

	records := b.records("loud", loud, "audit")
	require.Len(t, records, 1)
	require.Equal(t, "JOB_SUCCESS", records[0].Event)
	require.Equal(t, map[string]any{"job": "loud"}, body(t, b.arrives("/audit", 1)[0]))
	var started map[string]string
	s.as("run-key-0123456789", "POST", "/latch/v1/releases", `{"id":"r-`+b.queue+`",
		"steps":[{"name":"a",
			"do":{"workflow":{"type":"latch.Emit","input":{"event":"OTHER"}}}}]}`).read(t, 201, &started)
	require.Equal(t, map[string]any{"release": "r-" + b.queue}, body(t, b.arrives("/audit", 2)[1]))
	s.as("run-key-0123456789", "POST", "/latch/v1/events", `{"event":"INSTANCE_CREATED"}`).read(t, 201, nil)
	require.Equal(t, map[string]any{"event": "INSTANCE_CREATED"}, body(t, b.arrives("/audit", 3)[2]))

	require.Empty(t, b.records("quiet", quietJob, "audit"), "when is false")
	s.as("admin-key=1-0123456789", "POST", "/latch/v1/webhooks/audit/disable", "").read(t, 200, nil)
	require.Empty(t, b.records("disabled", loud, "audit"))
	s.as("admin-key=1-0123456789", "POST", "/latch/v1/webhooks/audit/enable", "").read(t, 200, nil)
	require.Len(t, b.records("enabled", loud, "audit"), 1)

	own := b.records("own", `{"id":"own","task":{"http":{"url":"{R}/work"}},
		"webhooks":[{"id":"audit","url":"{R}/own","event":"JOB_COMPLETE"}]}`, "audit")
	require.Len(t, own, 1, "a webhook of the run's own with the same id stands in its place")
	require.Equal(t, "JOB_COMPLETE", own[0].Event)
	s.as("admin-key=1-0123456789", "DELETE", "/latch/v1/webhooks/audit", "").read(t, 204, nil)
	require.Empty(t, b.records("deleted", loud, "audit"))
	require.Equal(t, map[string]int{"audit": 4, "own": 1, "work": 6}, b.came("/"))
}

// A change of a registered webhook applies to runs that begin after it. A run that is open
// keeps the previous version, including its lock.
func TestRegisteredWebhookChangesInFlight(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.serve("LATCH_API_KEYS", apiKeys)
	release := func(id string) string {
		return fmt.Sprintf(`{"id":"%s-%s","steps":[{"name":"a","do":{"workflow":{"type":"latch.Emit","input":{"event":"OTHER"}}}}]}`, id, b.queue)
	}
	var first, second map[string]string
	s.register("gate", `{"url":"{R}/before",
		"events":[
			{"event":"BEFORE_RELEASE","blocking":true,"lock_timeout":"4h","on_timeout":"continue"},
			{"event":"RELEASE_SUCCESS"}]}`)
	s.as("run-key-0123456789", "POST", "/latch/v1/releases", release("first")).read(t, 201, &first)
	token := s.token(first["workflow_id"])
	page := s.as("lock-key-0123456789", "GET", "/locks/"+url.PathEscape(token), "")
	for _, foretold := range []string{"Let pass: The release goes on",
		"Record as failed, and go on: The release goes on", "Then: The release goes on"} {
		require.Contains(t, page.body, foretold, "the page foretells by the registered webhook's settings, its timeout too")
	}
	s.register("gate", `{"url":"{R}/after","event":"RELEASE_SUCCESS"}`)
	s.as("run-key-0123456789", "POST", "/latch/v1/releases", release("second")).read(t, 201, &second)
	var result latch.ReleaseResult
	require.NoError(t, shared.client.GetWorkflow(b.ctx, second["workflow_id"], "").Get(b.ctx, &result))
	require.Len(t, result.History, 1, "nothing holds it any more")

	s.as("lock-key-0123456789", "POST", lockPath(token)+"/release", "").read(t, 200, nil)
	require.NoError(t, shared.client.GetWorkflow(b.ctx, first["workflow_id"], "").Get(b.ctx, &result))
	require.Len(t, result.History, 2)
	require.Equal(t, map[string]int{"before": 2, "after": 1}, b.came("/"))
}
