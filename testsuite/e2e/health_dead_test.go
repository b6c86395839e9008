package e2e

import (
	"flag"
	"fmt"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

// deadEvents is how many events fire while the receiver is dead.
var deadEvents = flag.Int("events", 500, "how many events come while a receiver is dead")

// A receiver is dead for longer than disable_after while many callers fire events through the
// API. There are exactly four alerts, no event is lost, and all are sent in order once the
// receiver is back.
func TestADeadReceiverLosesNoEvent(t *testing.T) {
	t.Parallel()
	own := ownNamespace(t)
	b := setup(t, "TEMPORAL_NAMESPACE", own)
	if *deadEvents > 1000 {
		b.ctx = t.Context() // -timeout bounds it
	}
	s := b.serve("LATCH_API_KEYS", apiKeys, "TEMPORAL_NAMESPACE", own)
	b.receiver.Script("/dead", receiver.Status(503))
	s.register("dead", `{"url":"{R}/dead","event":"PINGED","body":{"n":"${data.n}"},
		"health":{"warn_at":[2,4],"disable_after":"1s","probe":"1s"},"retry":{"initial_interval":"100ms","maximum_interval":"100ms"}}`)
	s.register("pager", `{"url":"{R}/pager","events":[{"event":"ENDPOINT_FAILING"},{"event":"ENDPOINT_DISABLED"},{"event":"ENDPOINT_RECOVERED"}]}`)
	fire := func(n int64) {
		s.as("run-key-0123456789", "POST", "/latch/v1/events", fmt.Sprintf(`{"event":"PINGED","data":{"n":%d}}`, n)).read(t, 201, nil)
	}
	fire(0)
	b.arrives("/pager", 3)
	// Each has its own run, so they may overtake each other.
	require.ElementsMatch(t, []string{"ENDPOINT_FAILING 2", "ENDPOINT_FAILING 4", "ENDPOINT_DISABLED"}, b.told("/pager"))
	began := time.Now()
	var next atomic.Int64
	var callers errgroup.Group
	for range 32 {
		callers.Go(func() error {
			for n := next.Add(1); n < int64(*deadEvents); n = next.Add(1) {
				fire(n)
			}
			return nil
		})
	}
	require.NoError(t, callers.Wait())
	t.Logf("%d events fired in %s", *deadEvents, time.Since(began))

	down := len(b.receiver.Requests("/dead"))
	b.receiver.Script("/dead", receiver.Status(200))
	began = time.Now()
	b.arrives("/pager", 4)
	probed := len(b.receiver.Requests("/dead")) // the delivery of the probe, whichever was kept first
	require.Eventually(t, func() bool {
		asked := time.Now()
		said := b.starter([]string{"TEMPORAL_NAMESPACE=" + own}, "deliveries", "redeliver", "--skipped", "--wait", "--webhook", "dead",
			"--since", "1h", "--task-queue", b.queue)
		t.Logf("redeliver --skipped took %s and ended with %d: %s%s", time.Since(asked), said.code, said.out, said.err)
		return said.code == 0 && len(b.receiver.Requests("/dead"))-down >= *deadEvents
	}, patience*4, 10*tick, "all events are there")
	t.Logf("%d events sent in %s", *deadEvents, time.Since(began))
	sent := b.receiver.Requests("/dead")[probed:]
	t.Logf("from the first to the last of %d requests it took %s", len(sent), sent[len(sent)-1].At.Sub(sent[0].At))
	require.ElementsMatch(t, []string{"ENDPOINT_FAILING 2", "ENDPOINT_FAILING 4", "ENDPOINT_DISABLED",
		"ENDPOINT_RECOVERED"}, b.told("/pager"))

	seen, fired, last := map[string]bool{}, s.firedAt("dead"), time.Time{}
	for n, request := range b.receiver.Requests("/dead")[down:] {
		id := request.Header.Get("Webhook-Id")
		if seen[id] {
			continue
		}
		seen[id] = true
		require.Contains(t, fired, id)
		if down+n < probed {
			continue
		}
		require.False(t, fired[id].Before(last), "%s was fired at %s, and sent after one of %s", id, fired[id], last)
		last = fired[id]
	}
	require.Len(t, seen, *deadEvents, "each event is there, under one id")
}

// firedAt returns when the event of each delivery of a webhook fired, by its id.
func (s *served) firedAt(webhook string) map[string]time.Time {
	s.Helper()
	fired := map[string]time.Time{}
	for cursor := ""; ; {
		var part struct {
			Records    []latch.Record
			NextCursor string `json:"next_cursor"`
		}
		s.as("read-key-0123456789", "GET", "/latch/v1/deliveries?limit=200&webhook="+webhook+"&cursor="+url.QueryEscape(cursor), "").read(s.T, 200, &part)
		for _, record := range part.Records {
			if record.Redelivery == 0 {
				fired[record.DeliveryID] = record.StartedAt.Time
			}
		}
		if cursor = part.NextCursor; cursor == "" {
			return fired
		}
	}
}
