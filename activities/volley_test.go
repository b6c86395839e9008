package activities

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/delivery"
	"github.com/latch-run/latch/internal/protocol"
)

// A volley that is repeated returns the same answer, and sends nothing.
func TestVolleySendsNothingTwice(t *testing.T) {
	t.Parallel()
	var came atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		came.Add(1)
		if r.URL.Path == "/refuses" {
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer server.Close()
	sender, err := delivery.New(delivery.Options{EgressAllow: []string{"127.0.0.1"}})
	require.NoError(t, err)
	defer sender.Close()
	a := New(Options{Sender: sender})
	var suite testsuite.WorkflowTestSuite
	environment := suite.NewTestActivityEnvironment()
	environment.RegisterActivity(a.Volley)
	var volley protocol.Volley
	for id, path := range map[string]string{"dlv_1": "/takes", "dlv_2": "/refuses"} {
		volley.Sends = append(volley.Sends, &protocol.Send{Request: protocol.WebhookRequest{DeliveryID: id,
			Event: latch.Event{Event: "JOB_SUCCESS"}, Webhook: latch.Webhook{ID: path[1:], URL: server.URL + path}}})
	}
	shoot := func() []protocol.Shot {
		value, err := environment.ExecuteActivity(a.Volley, volley)
		require.NoError(t, err)
		var answer protocol.VolleyAnswer
		require.NoError(t, value.Get(&answer))
		shots, err := answer.Unpack()
		require.NoError(t, err)
		return shots
	}
	first := shoot()
	require.Equal(t, first, shoot())
	require.EqualValues(t, 2, came.Load())
	for i, shot := range first {
		require.True(t, shot.Ends())
		require.Equal(t, volley.Sends[i].Request.Webhook.ID == "takes", shot.Outcome.Delivered)
	}
}

// A worker that stops waits for attempts in flight, and for the outcomes that a run was told to
// fetch.
func TestFlightsLand(t *testing.T) {
	t.Parallel()
	f := newFlights()
	held := make(chan struct{})
	promised := f.join("dlv_1", func() protocol.Shot {
		<-held
		return protocol.Shot{}
	})
	require.Same(t, promised, f.join("dlv_1", nil))
	f.promise("dlv_1", promised)
	landed := make(chan struct{})
	go func() {
		f.land(context.Background())
		close(landed)
	}()
	close(held)
	<-promised.done
	require.Len(t, f.open, 1, "it ended, and is to be fetched")
	f.fetched("dlv_1", f.find("dlv_1"))
	<-landed
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	f.promise("dlv_2", promised)
	f.land(ended) // it does not wait for ever
}

// A worker has a bounded number of attempts in flight. Further deliveries have their own
// activities, for which there is a queue.
func TestFlightsAreBounded(t *testing.T) {
	t.Parallel()
	f := newFlights()
	f.underWay = maximumFlights
	beyond := f.join("dlv_1", func() protocol.Shot { panic("it is not made") })
	<-beyond.done
	require.False(t, beyond.shot.Ends())
	require.Empty(t, beyond.shot.Queue)
	f.underWay--
	require.NotSame(t, beyond, f.join("dlv_1", func() protocol.Shot { return protocol.Shot{} }), "it was not made")
}

// The memory for ended attempts is bounded.
func TestEndedFlightsAreForgotten(t *testing.T) {
	t.Parallel()
	f := newFlights()
	for _, id := range []string{"dlv_1", "dlv_2", "dlv_3"} {
		f.mutex.Lock()
		f.close(id, &flight{size: keptBytes/2 + 1})
		f.mutex.Unlock()
	}
	require.LessOrEqual(t, f.bytes, keptBytes)
	require.Nil(t, f.find("dlv_1"))
}
