package plugin_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/plugin"
)

// All that is wrong with the lifecycles is reported at once, with paths.
func TestBadLifecycles(t *testing.T) {
	t.Parallel()
	webhook := func(event string) latch.Webhook {
		return latch.Webhook{ID: "w", URL: "https://hooks.example.com/", Event: event}
	}
	err := plugin.New(plugin.Options{Lifecycle: []plugin.Lifecycle{
		{When: "job.id ==", Webhooks: []latch.Webhook{webhook(latch.EventJobStart)}},
		{Types: "latch.*", Webhooks: []latch.Webhook{webhook(latch.EventJobMissed)}},
		{Types: "Order", Webhooks: []latch.Webhook{{ID: "x", URL: "nowhere", Event: "JOB_STRAT"}}},
		{Types: "Order", Webhooks: []latch.Webhook{{ID: "y", Events: []latch.Event{{Event: latch.EventJobStart, Blocking: true,
			Approvals: []latch.Approval{{}}, AllowSelf: new(bool)}}}}},
	}}).Err()
	for _, part := range []string{
		`Lifecycle[0].Types: "" is not a workflow type, such as "Order" or "Order*"`,
		`Lifecycle[0].When: `,
		`Lifecycle[1].Types: "latch.*" selects Latch's own workflows`,
		`Lifecycle[1].Webhooks[0].id: "w" is the id of Lifecycle[0].Webhooks[0] too`,
		`Lifecycle[1].Webhooks[0].events[0].event: JOB_MISSED fires only for registered jobs; a workflow has JOB_START, JOB_COMPLETE, JOB_SUCCESS, JOB_FAILURE`,
		`Lifecycle[2].Webhooks[0].url`, `JOB_STRAT`,
		`Lifecycle[3].Webhooks[0].events[0].allow_self: false needs a run whose starter is proven`,
	} {
		require.ErrorContains(t, err, part)
	}
	require.NoError(t, plugin.New(plugin.Options{Lifecycle: []plugin.Lifecycle{{Types: "*"}}}).Err())
}
