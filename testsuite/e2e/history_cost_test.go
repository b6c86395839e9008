package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// cost returns Temporal's data about a run in which every receiver answered at once. If some
// did not, because the machine is busy, it runs again. So the tests that call it are not
// parallel: they run before all others, alone.
func (b *bench) cost(start func(id string) client.WorkflowRun) *workflowpb.WorkflowExecutionInfo {
	b.Helper()
	for n := range 100 {
		run := start(fmt.Sprint("cost-", n))
		require.NoError(b, run.Get(b.ctx, nil))
		kinds := strings.Join(scheduled(b.events(run)), " ")
		if strings.Contains(kinds, protocol.ActivityFetch) || strings.Contains(kinds, latch.ActivitySendWebhook) {
			continue
		}
		described, err := shared.client.DescribeWorkflowExecution(b.ctx, run.GetID(), run.GetRunID())
		require.NoError(b, err)
		return described.GetWorkflowExecutionInfo()
	}
	b.Fatal("no run whose receivers answered at once")
	return nil
}

func listeners(count int, event string) string {
	hooks := make([]string, count)
	for i := range hooks {
		hooks[i] = fmt.Sprintf(`{"id":"hook-%d","url":"{R}/hook/%[1]d","event":%q}`, i, event)
	}
	return "[" + strings.Join(hooks, ",") + "]"
}

// An emission costs a few events, and one more for each hundred webhooks that answer at once.
// With the default body, a webhook costs at most 1,300 bytes.
func TestHistoryOfAnEmission(t *testing.T) {
	b := setup(t)
	for _, count := range []int{1, 10, 250} {
		info := b.cost(func(id string) client.WorkflowRun {
			id = fmt.Sprint(id, "-of-", count)
			return b.startSpec(latch.WorkflowEmit, id, `{"id":"cost","event":"DEPLOYED","webhooks":`+listeners(count, "DEPLOYED")+`}`)
		})
		require.LessOrEqual(t, int(info.GetHistoryLength()), 8+(count+99)/100, "%d webhooks", count)
		if count > 1 { // a single one has the cost of the run itself
			require.LessOrEqual(t, int(info.GetHistorySizeBytes())/count, 1300, "bytes a webhook, of %d", count)
		}
	}
}

// A job costs its task, and one history event for each of its events that a webhook listens to.
func TestHistoryOfAJob(t *testing.T) {
	b := setup(t)
	info := b.cost(func(id string) client.WorkflowRun {
		return b.startJob(id, jobWith(id, strings.Trim(everyJobEvent(""), "[]")))
	})
	require.LessOrEqual(t, int(info.GetHistoryLength()), 16+3)
}
