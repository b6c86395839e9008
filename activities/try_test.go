package activities

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/delivery"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/secret"
)

// attemptWith runs one attempt of a delivery with the given data from previous attempts, and
// returns the result.
func attemptWith(t *testing.T, answer http.HandlerFunc, left any, handed []latch.RecordTry) protocol.Outcome {
	t.Helper()
	return attemptOf(t, latch.Webhook{ID: "hook"}, answer, left, handed)
}

// attemptOf is attemptWith for a webhook, whose url it sets.
func attemptOf(t *testing.T, webhook latch.Webhook, answer http.HandlerFunc, left any, handed []latch.RecordTry) protocol.Outcome {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	sender, err := delivery.New(delivery.Options{EgressAllow: []string{"127.0.0.1"}})
	require.NoError(t, err)
	t.Cleanup(sender.Close)
	var suite testsuite.WorkflowTestSuite
	environment := suite.NewTestActivityEnvironment()
	registered := New(Options{Sender: sender})
	environment.RegisterActivity(registered.SendWebhook)
	if left != nil {
		environment.SetHeartbeatDetails(left)
	}
	webhook.URL = server.URL
	value, err := environment.ExecuteActivity(registered.SendWebhook, protocol.Send{Tries: handed, PriorAttempts: len(handed),
		Request: protocol.WebhookRequest{Webhook: webhook, Event: latch.Event{Event: "JOB_SUCCESS"}, DeliveryID: "dlv_1"}})
	var outcome protocol.Outcome
	if err == nil {
		require.NoError(t, value.Get(&outcome))
		return outcome
	}
	var failure *temporal.ApplicationError
	require.ErrorAs(t, err, &failure)
	require.NoError(t, failure.Details(&outcome))
	require.LessOrEqual(t, failure.NextRetryDelay().Milliseconds(), outcome.Tries[len(outcome.Tries)-1].RetryInMS,
		"the record has the delay that Temporal was told, what went by since included")
	return outcome
}

// A record describes each attempt: its time, its duration, the answer, and the chosen delay. It
// continues the data from the previous attempt.
func TestTries(t *testing.T) {
	t.Parallel()
	before := []latch.RecordTry{{Number: 1, StartedAt: latch.NewTime(time.UnixMilli(1700000000000)), Status: 500, RetryInMS: 5000}}

	tries := attemptWith(t, answering(200), nil, nil).Tries
	require.Len(t, tries, 1)
	require.Equal(t, 1, tries[0].Number)
	require.Equal(t, 200, tries[0].Status)
	require.Zero(t, tries[0].RetryInMS)
	require.False(t, tries[0].StartedAt.IsZero())

	tries = attemptWith(t, answering(503), memory{Tries: before}, nil).Tries
	require.Len(t, tries, 2)
	require.Equal(t, before[0], tries[0])
	require.Equal(t, 503, tries[1].Status)
	require.Empty(t, tries[1].Error, "a status tells of itself")
	require.InDelta(t, 5000, tries[1].RetryInMS, 500)

	require.Len(t, attemptWith(t, answering(503), nil, before).Tries, 2, "those of before it was handed over")
	require.Len(t, attemptWith(t, answering(503), time.Second, before).Tries, 2, "what another version's heartbeat left")
	require.Zero(t, attemptWith(t, answering(404), memory{Tries: before}, nil).Tries[1].RetryInMS, "after the last there is no delay")

	lost := attemptWith(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, nil, nil).Tries
	require.Zero(t, lost[0].Status)
	require.Contains(t, lost[0].Error, "closed before the answer was complete")
}

// A status that is not the receiver's own has an explanation.
func TestTryOfATokenEndpoint(t *testing.T) {
	t.Parallel()
	down := httptest.NewServer(answering(503))
	defer down.Close()
	store, err := secret.New(map[string]string{"client": "value"}, secret.Options{})
	require.NoError(t, err)
	sender, err := delivery.New(delivery.Options{Secrets: store, EgressAllow: []string{"127.0.0.1"}})
	require.NoError(t, err)
	defer sender.Close()
	webhook := latch.Webhook{ID: "hook", URL: down.URL,
		Auth: &latch.Auth{OAuth2: &latch.OAuth2{TokenURL: down.URL, ClientID: "latch", ClientSecret: "client"}}}
	tried := try(t, sender, memory{},
		protocol.Send{Request: protocol.WebhookRequest{Webhook: webhook, Event: latch.Event{Event: "JOB_SUCCESS"}, DeliveryID: "dlv_1"}})
	require.Equal(t, errorStatus, tried.failure.Type())
	require.Zero(t, tried.outcome.Tries[0].Status, "the receiver was not asked")
	require.Contains(t, tried.outcome.Tries[0].Error, "answered 503")
}

// A record stays small: it has the newest attempts, and only the beginning of an error.
func TestTriesAreBounded(t *testing.T) {
	t.Parallel()
	var tries []latch.RecordTry
	for number := range 3 * latch.MaximumTries {
		tries = withTry(tries, latch.RecordTry{Number: number + 1})
	}
	require.Len(t, tries, latch.MaximumTries)
	require.Equal(t, 3*latch.MaximumTries, tries[latch.MaximumTries-1].Number)

	long := tryOf(&delivery.Attempt{}, 1, &delivery.UnreachableError{})
	require.Empty(t, long.Error)
	long = tryOf(&delivery.Attempt{}, 1, attemptAt(t, "http://10.0.0.1/"+strings.Repeat("é", 300)))
	require.LessOrEqual(t, len(long.Error), longestTryError)
	require.Contains(t, long.Error, "10.0.0.1")
}

// A delivery that is handed over keeps the data from its heartbeats, as far as a run's history
// has room for it.
func TestStandingTellsOfTries(t *testing.T) {
	t.Parallel()
	data := converter.GetDefaultDataConverter()
	payloads, err := data.ToPayloads(memory{Tries: []latch.RecordTry{{Number: 1}, {Number: 2}, {Number: 3}}})
	require.NoError(t, err)
	pending := &workflowpb.PendingActivityInfo{ActivityId: "dlv_1", Attempt: 4, HeartbeatDetails: payloads}
	require.Len(t, standing(pending, data, latch.MaximumTries).Tries, 3)
	require.Equal(t, []latch.RecordTry{{Number: 3}}, standing(pending, data, 1).Tries)
	require.Empty(t, standing(pending, data, 0).Tries)
	pending.HeartbeatDetails = &commonpb.Payloads{Payloads: []*commonpb.Payload{{Data: []byte("sealed")}}}
	require.Empty(t, standing(pending, data, latch.MaximumTries).Tries)
	require.Equal(t, latch.MaximumTries, triesFor(1))
	require.Positive(t, triesFor(200))
	require.Zero(t, triesFor(100000))
}

// An attempt that was answered 2xx and refused in the body has an error, which distinguishes it
// from a successful one.
func TestTryOfARefusalInTheBody(t *testing.T) {
	t.Parallel()
	outcome := attemptOf(t, latch.Webhook{ID: "hook", Preset: latch.PresetTeams, Body: json.RawMessage(`{"text":"x"}`)},
		func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 404"))
		}, nil, nil)
	require.False(t, outcome.Delivered)
	require.Equal(t, 200, outcome.Tries[0].Status)
	require.Contains(t, outcome.Tries[0].Error, "Teams says")
}
