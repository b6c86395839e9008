package activities

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/delivery"
	"github.com/latch-run/latch/internal/protocol"
)

// The result of one of Temporal's attempts.
type attempted struct {
	outcome protocol.Outcome
	failure *temporal.ApplicationError
}

func try(t *testing.T, sender *delivery.Sender, left memory, send protocol.Send) attempted {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	environment := suite.NewTestActivityEnvironment()
	registered := New(Options{Sender: sender})
	environment.RegisterActivity(registered.SendWebhook)
	environment.SetHeartbeatDetails(left)
	value, err := environment.ExecuteActivity(registered.SendWebhook, send)
	var result attempted
	if err == nil {
		require.NoError(t, value.Get(&result.outcome))
		return result
	}
	require.ErrorAs(t, err, &result.failure)
	require.NoError(t, result.failure.Details(&result.outcome))
	return result
}

// One endpoint uses only its share of a worker. A delivery that is turned away has not been
// attempted: it is repeated soon, and does not count.
func TestTurnedAwayIsNoAttempt(t *testing.T) {
	t.Parallel()
	arrived, hold := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		arrived <- struct{}{}
		<-hold
	}))
	defer server.Close()
	sender, err := delivery.New(delivery.Options{EgressAllow: []string{"127.0.0.1"}, PerEndpoint: 1})
	require.NoError(t, err)
	defer sender.Close()
	send := protocol.Send{Deadline: time.Now().Add(time.Hour),
		Request: protocol.WebhookRequest{DeliveryID: "dlv_1", Event: latch.Event{Event: "JOB_SUCCESS"},
			Webhook: latch.Webhook{ID: "hook", URL: server.URL, Retry: &latch.Retry{MaximumAttempts: 1}}}}

	first := make(chan attempted, 1)
	go func() { first <- try(t, sender, memory{}, send) }()
	<-arrived
	busy := try(t, sender, memory{}, send)
	require.Equal(t, errorBusy, busy.failure.Type())
	require.False(t, busy.failure.NonRetryable(), "its one attempt is still to be made")
	require.Zero(t, busy.outcome.Attempts)
	require.Positive(t, busy.failure.NextRetryDelay())
	require.False(t, busy.outcome.NextAttemptAt.IsZero())

	again := try(t, sender, memory{TurnedAway: 20}, send)
	require.Less(t, again.failure.NextRetryDelay(), 5*time.Second, "its turn does not move away")

	late := send
	late.Deadline = time.Now()
	given := try(t, sender, memory{}, late)
	require.True(t, given.failure.NonRetryable())
	require.Contains(t, given.failure.Message(), "at the deadline")

	go func() { hold <- struct{}{}; <-arrived; hold <- struct{}{} }()
	require.Equal(t, 1, (<-first).outcome.Attempts)
	require.True(t, try(t, sender, memory{TurnedAway: 0}, send).outcome.Delivered)
}

// Contract, Webhook: delivery is at least once. The last attempt that a retry allows is
// repeated if its worker died in it, but not for ever.
func TestLostAttemptsAreMadeAgain(t *testing.T) {
	t.Parallel()
	var sent atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		sent.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer server.Close()
	sender, err := delivery.New(delivery.Options{EgressAllow: []string{"127.0.0.1"}})
	require.NoError(t, err)
	defer sender.Close()
	after := func(lost int) attempted {
		return try(t, sender, memory{},
			protocol.Send{PriorAttempts: lost, Request: protocol.WebhookRequest{DeliveryID: "dlv_1", Event: latch.Event{Event: "JOB_SUCCESS"},
				Webhook: latch.Webhook{ID: "hook", URL: server.URL, Retry: &latch.Retry{MaximumAttempts: 1}}}})
	}
	again := after(1)
	require.EqualValues(t, 1, sent.Load())
	require.True(t, again.failure.NonRetryable(), "one that ends with a word is the last")
	require.Equal(t, errorExhausted, again.failure.Type())
	require.Equal(t, 2, again.outcome.Attempts)
	require.Contains(t, again.failure.Message(), "given up after 2 of 1 attempts, some of which ended without a word")

	lost := after(1 + maximumLost)
	require.EqualValues(t, 1, sent.Load(), "nothing is sent for ever")
	require.True(t, lost.failure.NonRetryable())
	require.Equal(t, errorExhausted, lost.failure.Type())
	require.Equal(t, 1+maximumLost, lost.outcome.Attempts)
	require.Contains(t, lost.failure.Message(), "ended without a word")
}

// A delivery that is turned away repeatedly tries less often.
func TestNextTurn(t *testing.T) {
	t.Parallel()
	require.Equal(t, 500*time.Millisecond, nextTurn(time.Second, 0, 0))
	require.Equal(t, time.Second, nextTurn(time.Second, 0, 1))
	require.Equal(t, 4*time.Second, nextTurn(time.Second, 2, 1))
	require.Equal(t, longestTurn, nextTurn(time.Second, 1_000_000, 1))
}
