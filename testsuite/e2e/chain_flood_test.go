package e2e

import (
	"flag"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

// floodSignals is how many signals a run receives while it waits.
var floodSignals = flag.Int("signals", 600, "how many signals a run is flooded with")

// floodedAfter is the number of events after which the server of these tests suggests a new
// run. It ends a run with ten times as many, which is less than the flood costs.
const floodedAfter = 200

// flood sends records of a run's delivery, each with its own key, from many concurrent senders,
// as fast as Temporal accepts them.
func (c *chained) flood(id, delivery string, signals int) {
	c.Helper()
	var next atomic.Int64
	var senders errgroup.Group
	for range 16 {
		senders.Go(func() error {
			for n := next.Add(1); n <= int64(signals); n = next.Add(1) {
				update := map[string]any{"delivery_id": delivery, "data": map[string]any{fmt.Sprintf("k%d", n): n}}
				if err := c.client.SignalWorkflow(c.ctx, id, "", latch.MessageRecord, update); err != nil {
					return err
				}
			}
			return nil
		})
	}
	began := time.Now()
	require.NoError(c, senders.Wait())
	c.Logf("%d signals sent in %s", signals, time.Since(began))
}

// arrivedOf returns how many of a flood's signals a record contains.
func arrivedOf(record latch.Record, signals int) int {
	arrived := 0
	for n := 1; n <= signals; n++ {
		if _, is := record.Data[fmt.Sprintf("k%d", n)]; is {
			arrived++
		}
	}
	return arrived
}

// Contract, "Long runs": signals that arrive faster than a run decides on them do not prevent
// it from continuing as new, and none is lost. Each of these signals makes the run evaluate an
// expression again.
func TestAFloodOfSignalsLosesNone(t *testing.T) {
	t.Parallel()
	const decides = `"stop_release":"has(history.data.bad)"`
	tests := map[string]struct{ workflow, id, spec, checks string }{
		"release": {latch.WorkflowRelease, "release-flooded", `{"id":"flooded","steps":[{"name":"a","do":{"http":{"url":"{R}/do"}}}],"webhooks":[
			{"id":"gate","events":[{"event":"BEFORE_RELEASE","blocking":true}]},
			{"id":"checks","url":"{R}/checks","events":[{"event":"BEFORE_RELEASE",` + decides + `}]}]}`, "checks"},
		"batch": {latch.WorkflowEmitBatch, "batch-flooded", `{"events":[{"id":"one","event":"DEPLOYED","webhooks":[
			{"id":"gate","events":[{"event":"DEPLOYED","blocking":true}]},
			{"id":"checks","url":"{R}/checks","events":[{"event":"DEPLOYED","result":"has(history.data.bad) ? 'fail' : 'pass'"}]}]}]}`, "checks"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := chainedAfter(t, floodedAfter)
			c.receiver.Script("/checks", receiver.JSON(200, `{}`))
			run := c.begin(test.workflow, test.id, test.spec)
			token := c.openLock(test.id).Token
			c.flood(test.id, c.deliveryOf(test.id, test.checks), *floodSignals)
			arrived := 0
			require.Eventually(t, func() bool {
				var records []latch.Record
				value, err := c.client.QueryWorkflow(c.ctx, test.id, "", latch.QueryHistory)
				if err != nil || value.Get(&records) != nil {
					return false
				}
				for _, record := range records {
					if record.Webhook == test.checks {
						arrived = arrivedOf(record, *floodSignals)
					}
				}
				return arrived == *floodSignals
			}, patience, 10*tick, "each signal is taken")
			var status latch.Status
			c.ask(test.id, latch.QueryStatus, &status)
			require.Empty(t, status.Rejected)
			c.remove(test.id, token)
			require.NoError(t, run.Get(c.ctx, nil))
			require.Greater(t, len(c.runs(test.id)), 2)
			for _, each := range c.runs(test.id) {
				require.Less(t, each.GetHistoryLength(), int64(10*floodedAfter))
			}
			c.keepRuns(test.id, name+"-flooded")
		})
	}
}

// deliveryOf returns the id of the run's successful delivery to a webhook.
func (c *chained) deliveryOf(id, webhook string) (delivery string) {
	c.Helper()
	require.Eventually(c, func() bool {
		var records []latch.Record
		value, err := c.client.QueryWorkflow(c.ctx, id, "", latch.QueryHistory)
		if err != nil || value.Get(&records) != nil {
			return false
		}
		for _, record := range records {
			if record.Webhook == webhook && record.Result == latch.ResultPass {
				delivery = record.DeliveryID
			}
		}
		return delivery != ""
	}, patience, tick)
	return delivery
}
