package latch_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// An event that is added to the table is also described in the contract, and has a reserved
// prefix, so that its name is not valid for a custom event.
func TestBuiltInEventsAreDocumentedAndReserved(t *testing.T) {
	t.Parallel()
	contract, err := os.ReadFile("docs/contract.md")
	require.NoError(t, err)
	seen := map[string]bool{}
	for _, event := range latch.BuiltInEvents() {
		require.False(t, seen[event.Name], event.Name)
		seen[event.Name] = true
		require.True(t, strings.Contains(string(contract), "`"+event.Name+"`"), "%s is not in the contract", event.Name)
		require.NotEmpty(t, event.Means, event.Name)
		require.True(t, !event.Decides || event.MayBlock, "%s: what decides may hold", event.Name)
		misspelt := event.Name[:strings.Index(event.Name, "_")+1] + "NOTHING"
		require.ErrorContains(t, latch.CheckEvent(misspelt), "reserved", event.Name)
	}
	require.Equal(t, []string{"DELIVERY_EXHAUSTED", "ENDPOINT_GONE"}, latch.EventsOf(latch.DeliveryKind))
	require.Equal(t, []string{"ENDPOINT_FAILING", "ENDPOINT_DISABLED", "ENDPOINT_RECOVERED"}, latch.EventsOf(latch.EndpointKind))
	require.Equal(t, []string{"LOCK_OPENED", "LOCK_REMINDER", "LOCK_ESCALATED", "LOCK_REMOVED", "LOCK_TIMED_OUT"},
		latch.EventsOf(latch.LockKind))
	require.Equal(t, []string{"WORKFLOW_COMPLETED", "WORKFLOW_FAILED", "WORKFLOW_TIMED_OUT", "WORKFLOW_CANCELED", "WORKFLOW_TERMINATED",
		"WORKFLOW_CONTINUED"}, latch.EventsOf(latch.WatchKind))
}
