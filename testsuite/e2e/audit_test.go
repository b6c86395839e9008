package e2e

import (
	"encoding/json"
	"fmt"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// audit reads the audit as an admin, in small pages.
func (s *served) audit(query string) []latch.AuditEntry {
	s.Helper()
	var all []latch.AuditEntry
	for cursor := ""; ; {
		var part struct {
			Entries    []latch.AuditEntry
			NextCursor string `json:"next_cursor"`
		}
		s.as("admin-key=1-0123456789", "GET", "/latch/v1/audit?limit=3&"+query+"&cursor="+url.QueryEscape(cursor), "").read(s, 200, &part)
		all = append(all, part.Entries...)
		if cursor = part.NextCursor; cursor == "" {
			return all
		}
	}
}

// Contract, "Audit": what people do by the API, by a lock's page and by the command line is in one
// audit, newest first, over all runs of its workflow, whether a worker is there or not. Tokens of
// locks are in none of it.
func TestAudit(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.serve("LATCH_API_KEYS", apiKeys)
	workflowID, token := s.held("audit-" + b.queue)
	s.as("lock-key-0123456789", "POST", lockPath(token)+"/release", `{"reason":"approved"}`).read(t, 200, nil)
	s.as("admin-key=1-0123456789", "PUT", "/latch/v1/webhooks/tower-"+b.queue, `{"url":"https://hooks.example.com/","enabled":false,
		"events":[{"event":"DEPLOYED"}]}`).read(t, 200, nil)
	s.as("no-such-key", "GET", "/latch/v1/locks", "").problem(t, 401)
	s.as("read-key-0123456789", "POST", "/latch/v1/releases/"+workflowID+"/stop", "").problem(t, 403)

	// The run of the workflow ends, and what is done goes on in another.
	require.NoError(t, shared.client.TerminateWorkflow(b.ctx, protocol.AuditID(b.queue), "", "by a test"))
	told := b.starterWith("LATCH_AUDIT=true", "", "release", "rollback", workflowID, "--by", "cy", "--reason", "too slow")
	require.Zero(t, told.ExitCode, told.Stderr)
	_, err := s.process.Terminate(b.ctx) // the refusals of this minute are appended as it stops
	require.NoError(t, err)
	other := b.serve("LATCH_API_KEYS", apiKeys)

	(&lane{bench: b}).keepOne("audit", protocol.AuditID(b.queue))

	var read []string
	ids := map[string]bool{}
	for _, entry := range other.audit("") {
		require.False(t, ids[entry.ID], entry.ID)
		ids[entry.ID] = true
		encoded, err := json.Marshal(entry)
		require.NoError(t, err)
		require.NotContains(t, string(encoded), token)
		read = append(read, fmt.Sprint(entry.Action, " ", entry.Outcome, " ", entry.Via, " ", entry.By, " ",
			entry.Target, " ", entry.Reason))
	}
	delivery := record(t, b.history(workflowID), "board", latch.EventBeforeRelease).DeliveryID
	require.ElementsMatch(t, []string{"access refused api   ", "release.stop refused api eye  "}, read[:2])
	require.Equal(t, []string{"release.rollback done cli cy  too slow",
		"webhook.put done api ann tower-" + b.queue + " ", "lock.release done api board " + delivery + " approved",
		"release.start done api ci  "}, read[2:])
	require.Len(t, other.audit("action=release&outcome=done"), 2)
	require.Len(t, other.audit("by=board"), 1)
	require.Empty(t, other.audit("until=1h"))
	told = b.starterWith("NO_COLOR=1", "", "audit", "--by", "board")
	require.Zero(t, told.ExitCode, told.Stderr)
	require.Contains(t, told.Stdout, "lock.release")
	other.as("run-key-0123456789", "GET", "/latch/v1/audit", "").problem(t, 403)
}
