package e2e

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// atOnce makes the given number of concurrent calls, through each of the APIs in turn, and
// returns the answers.
func atOnce(apis []*served, callers int, method string, path func(int) string, body func(int) string, headers ...string) []reply {
	answers := make([]reply, callers)
	var group sync.WaitGroup
	for n := range callers {
		group.Go(func() {
			api := apis[n%len(apis)]
			answers[n] = api.call(method, path(n), body(n), append([]string{"Authorization",
				"Bearer admin-key=1-0123456789"}, headers...)...)
		})
	}
	group.Wait()
	return answers
}

// A hundred callers change the registry concurrently, through two processes of the API. Of
// those that change the same version one succeeds, and the others receive the new version. Of
// those that create the same webhook one succeeds. All different webhooks exist afterwards.
func TestAHundredCallersChangeTheRegistryAtOnce(t *testing.T) {
	t.Parallel()
	const callers = 100
	space := ownNamespace(t)
	b := setup(t, "TEMPORAL_NAMESPACE", space)
	apis := []*served{b.serve("LATCH_API_KEYS", apiKeys, "TEMPORAL_NAMESPACE", space),
		b.serve("LATCH_API_KEYS", apiKeys, "TEMPORAL_NAMESPACE", space)}
	webhook := func(n int) string {
		return b.spec(fmt.Sprintf(`{"url":"{R}/of/%d","event":"JOB_START"}`, n))
	}
	one := func(path string) func(int) string { return func(int) string { return path } }

	// The same version of one webhook.
	apis[0].register("one", webhook(-1))
	tag := apis[0].as("read-key-0123456789", "GET", "/latch/v1/webhooks/one", "").header.Get("ETag")
	require.NotEmpty(t, tag)
	won := -1
	for n, got := range atOnce(apis, callers, "PUT", one("/latch/v1/webhooks/one"), webhook, "If-Match", tag) {
		if got.status == http.StatusOK {
			require.Equal(t, -1, won, "%d and %d have won", won, n)
			won = n
			continue
		}
		if got.status == http.StatusConflict { // too many concurrent changes: the caller is to retry
			continue
		}
		require.Equal(t, http.StatusPreconditionFailed, got.status, got.body)
		require.Contains(t, got.body, `"current"`)
	}
	require.NotEqual(t, -1, won, "nobody has won")
	var kept latch.RegisteredWebhook
	apis[1].as("read-key-0123456789", "GET", "/latch/v1/webhooks/one", "").read(t, 200, &kept)
	require.Equal(t, b.spec(fmt.Sprintf("{R}/of/%d", won)), kept.URL)

	// One webhook each.
	own := func(n int) string { return fmt.Sprintf("/latch/v1/webhooks/w%d", n) }
	for n, got := range atOnce(apis, callers, "PUT", own, webhook) {
		for got.status == http.StatusConflict && b.ctx.Err() == nil {
			got = apis[0].as("admin-key=1-0123456789", "PUT", own(n), webhook(n))
		}
		require.Equal(t, http.StatusOK, got.status, "w%d: %s", n, got.body)
	}
	var listed struct{ Webhooks []latch.RegisteredWebhook }
	require.Eventually(t, func() bool {
		listed.Webhooks = nil
		apis[0].as("read-key-0123456789", "GET", "/latch/v1/webhooks", "").read(t, 200, &listed)
		return len(listed.Webhooks) == callers+1
	}, patience, tick, "all are there")

	// The same webhook, created by all.
	created := 0
	for _, got := range atOnce(apis, callers, "POST", one("/latch/v1/webhooks"), func(n int) string {
		return b.spec(fmt.Sprintf(`{"id":"new","url":"{R}/of/%d","event":"JOB_START"}`, n))
	}) {
		if got.status == http.StatusCreated {
			created++
			continue
		}
		require.Equal(t, http.StatusConflict, got.status, got.body)
	}
	require.Equal(t, 1, created)
}
