package delivery

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/protocol"
)

// A path is slow while attempts take long there, and stops being slow when they do not.
func TestSlowPaths(t *testing.T) {
	t.Parallel()
	d := newDurations()
	path := timedPath{origin{"https", "hooks.example.com"}, "https://hooks.example.com/a"}
	require.False(t, d.slow(path, time.Minute), "nothing is known of it")
	d.notice(path, time.Hour)
	require.True(t, d.slow(path, time.Minute))
	for range 10 {
		d.notice(path, 0)
	}
	require.False(t, d.slow(path, time.Minute))
	for i := range 2 * maximumQuiet {
		d.notice(timedPath{path: fmt.Sprint(i)}, time.Hour)
	}
	require.Equal(t, maximumQuiet, d.lately.Len())
}

// The path is slow, as written in the webhook, and not its whole endpoint.
func TestASlowPathLeavesItsOriginAlone(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	sender := local(t, nil)
	to := func(path string) *protocol.WebhookRequest { return request(server.URL + path) }
	for _, path := range []string{"/slow/${event}?run=1", "/fast"} {
		attempt, err := sender.Send(t.Context(), to(path), 1)
		require.NoError(t, err, path)
		require.Equal(t, 200, attempt.Response.Status, path)
	}
	prepared, _, err := sender.Prepare(to("/slow/${event}?run=1"), 1)
	require.NoError(t, err)
	sender.durations.notice(timedPathOf(prepared.call), time.Hour)

	for path, slow := range map[string]bool{"/slow/${event}?run=2": true, "/slow/other": false, "/fast": false} {
		_, err := sender.SendQuickly(t.Context(), to(path), 1, time.Minute)
		var busy *BusyError
		if slow {
			require.ErrorAs(t, err, &busy, path)
			require.True(t, busy.Slow, path)
		} else {
			require.NoError(t, err, path)
		}
	}
}
