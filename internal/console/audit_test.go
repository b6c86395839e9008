package console_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// The audit shows who did what, with links to what it was done to, to admins alone.
func TestAuditPage(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.audited(latch.AuditEntry{Action: latch.AuditReleaseStop, Outcome: latch.AuditDone, Via: latch.ViaConsole,
		By: "ann", IdentifiedBy: latch.IdentifiedByKey,
		Remote: "192.0.2.7", WorkflowID: "release-shop", Reason: "too late"},
		latch.AuditEntry{Action: latch.AuditAccess, Outcome: latch.AuditRefused, Via: latch.ViaAPI, Remote: "192.0.2.9",
			Error: "Unknown API key.", Count: 12})
	base := serve(t, w, keys)
	got := loggedIn(t, base, adminKey).get("/console/audit")
	require.Equal(t, 200, got.status, got.body)
	for _, text := range []string{"ann", "console, key, from 192.0.2.7", `href="../console/releases/release-shop"`, "too late",
		"somebody at 192.0.2.9", "Unknown API key. (12 times)"} {
		require.Contains(t, got.body, text)
	}
	got = loggedIn(t, base, adminKey).get("/console/audit?outcome=refused&by=&since=")
	require.NotContains(t, got.body, "too late")
	require.Contains(t, got.body, "12 times")
	require.Contains(t, loggedIn(t, base, adminKey).get("/console/audit?by=nobody").body, "No entry is found that the filter takes.")
	require.Equal(t, 422, loggedIn(t, base, adminKey).get("/console/audit?action=nothing").status)
	got = loggedIn(t, base, lockKey).get("/console/audit")
	require.Equal(t, 403, got.status)
	require.NotContains(t, got.body, `href="../console/audit"`)
}
