package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// A crowd counts concurrent requests, and answers none before the given number has arrived.
type crowd struct {
	mutex               sync.Mutex
	now, most, answered int
	full                chan struct{} // closed when the number is reached
	open                chan struct{} // closed to answer them
}

func (c *crowd) ServeHTTP(_ http.ResponseWriter, request *http.Request) {
	c.mutex.Lock()
	c.now++
	c.most = max(c.most, c.now)
	if c.now == 500 {
		close(c.full)
	}
	c.mutex.Unlock()
	select {
	case <-c.open:
	case <-request.Context().Done():
	}
	c.mutex.Lock()
	c.now--
	c.answered++
	c.mutex.Unlock()
}

// contract, "Events", Order: webhooks of one event are sent concurrently, at most 500 in
// flight.
func TestAtMost500DeliveriesInFlight(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const hooks = 520
	c := &crowd{full: make(chan struct{}), open: make(chan struct{})}
	server := httptest.NewServer(c)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	var list []string
	for i := range hooks {
		list = append(list, fmt.Sprintf(`{"id":"h%d","url":"%s","event":"JOB_SUCCESS",%s,"body":{"n":%d}}`, i, server.URL, unhurried, i))
	}
	run := b.startJob("many", jobWith("many", strings.Join(list, ",")))
	select {
	case <-c.full:
	case <-b.ctx.Done():
		t.Fatalf("%d requests are in", c.now)
	}
	fetches := append([]string{latch.ActivityHTTP}, slices.Repeat([]string{protocol.ActivityFetch}, 500)...)
	require.Eventually(t, func() bool { return slices.Equal(fetches, scheduled(b.events(run))) }, patience, tick, "the others wait for room")
	close(c.open)
	result := b.succeeds(run)
	require.Len(t, result.History, hooks)
	for _, record := range result.History {
		require.Equal(t, latch.ResultPass, record.Result, record.Error)
		require.Equal(t, 1, record.Attempts)
	}
	require.Equal(t, 500, c.most)
	require.Equal(t, hooks, c.answered)
}
