package console_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const lateOrders = `{"query":"WorkflowType = 'Order' AND ExecutionStatus = 'TimedOut'","webhooks":[
	{"id":"pager","url":"https://hooks.example.com/p4ss/x","events":[{"event":"WORKFLOW_TIMED_OUT"}]}]}`

// The page of a watch shows its query and its webhooks. An admin deletes the watch
// there, after a confirmation, unless somebody has changed it in the meantime.
func TestAWatchIsShownAndDeleted(t *testing.T) {
	t.Parallel()
	base := serve(t, newWorld(), keys)
	p, eye := loggedIn(t, base, adminKey), loggedIn(t, base, readKey)
	require.Contains(t, p.get("/console/watches").body, "There are none yet.")
	got := p.api("PUT", "/latch/v1/watches/late", lateOrders)
	require.Equal(t, 200, got.status, got.body)
	const path = "/console/watches/late"
	for _, person := range []*person{p, eye} {
		listed := person.get("/console/watches").body
		require.Contains(t, listed, `href="../console/watches/late"`)
		require.Contains(t, listed, "WORKFLOW_TIMED_OUT")
		shown := person.get(path).body
		require.Contains(t, shown, "WorkflowType = &#39;Order&#39;")
		require.Contains(t, shown, `console/deliveries?webhook=pager`)
	}
	require.NotContains(t, eye.get(path).body, "Delete the watch")

	effect := htmlValue(t, p.pressed(path, "delete").body, "confirmed")
	require.Contains(t, effect, "The watch no longer reports to 1 webhook")
	etag := htmlValue(t, p.pressed(path, "delete").body, "etag")
	p.api("PUT", "/latch/v1/watches/late", `{"query":"WorkflowType = 'Bill'","webhooks":[{"id":"pager","url":"https://x.example","event":"WORKFLOW_FAILED"}]}`)
	got = p.pressed(path, "delete", "confirmed", effect, "etag", etag)
	require.Equal(t, 412, got.status)
	require.Contains(t, got.body, "somebody has changed it since you were asked")
	etag = htmlValue(t, got.body, "etag")
	require.Contains(t, p.pressed(path, "delete", "confirmed", effect, "etag", etag).body, "The watch late was deleted.")
	require.Equal(t, 404, p.get(path).status)
}
