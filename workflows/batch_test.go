package workflows_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rehearsal"
)

// Each event of a batch has its own webhooks, data, vars and records, and does not see those of
// others.
func TestBatch(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.NoError(t, b.run(latch.WorkflowEmitBatch, `{"events":[
		{"id":"one","event":"INSTANCE_CREATED","data":{"n":1},"vars":{"team":"red"},"webhooks":[
			{"id":"a","event":"INSTANCE_CREATED","url":"$R/a","body":{"event":"A",
				"seen":"${data.n} ${vars.team} ${records.size()} ${records[0].emission}"}}]},
		{"event":"INSTANCE_DELETED","data":{"n":2},"vars":{"team":"blue"},"webhooks":[
			{"id":"a","event":"INSTANCE_DELETED","url":"$R/a","body":{"event":"B",
				"seen":"${data.n} ${vars.team} ${records.size()} ${records[0].event}"}}]},
		{"id":"three","event":"INSTANCE_CREATED"}]}`))
	require.Contains(t, b.bodies("A"), `"1 red 1 one"`)
	require.Contains(t, b.bodies("B"), `"2 blue 1 INSTANCE_DELETED"`)
	var result latch.EmissionBatchResult
	b.result(&result)
	require.Len(t, result.Events, 3)
	second := "default-test-workflow-id-2"
	for i, want := range []string{"one", second, "three"} {
		require.Equal(t, want, result.Events[i].ID)
	}
	require.Equal(t, "one", result.Events[0].History[0].Emission)
	require.Equal(t, latch.ResultPass, result.Events[1].History[0].Result)
	require.NotEqual(t, result.Events[0].History[0].DeliveryID, result.Events[1].History[0].DeliveryID)
	require.Empty(t, result.Events[2].History)

	answer, err := b.env.QueryWorkflow(latch.QueryHistory, latch.HistoryQuery{Emission: second})
	require.NoError(t, err)
	var records []latch.Record
	require.NoError(t, answer.Get(&records))
	require.Len(t, records, 1)
	require.Equal(t, "INSTANCE_DELETED", records[0].Event)
}

// If one event of a batch is wrong, nothing is fired, and all problems are reported with their
// paths.
func TestBatchWithWrongEvents(t *testing.T) {
	t.Parallel()
	b := setup(t)
	err := b.run(latch.WorkflowEmitBatch, `{"events":[
		{"id":"x","event":"FINE","webhooks":[{"id":"a","event":"FINE","url":"$R/a"}]},
		{"id":"x","event":"JOB_START"},
		{"event":"WRONG","webhooks":[{"id":"a","url":"$R/a","events":[{"event":"WRONG","when":"data.n +"}]}]}]}`)
	var invalid *temporal.ApplicationError
	require.ErrorAs(t, err, &invalid)
	require.Equal(t, latch.ErrorInvalidSpec, invalid.Type())
	require.Empty(t, b.received())
	var problems []latch.Problem
	require.NoError(t, invalid.Details(&problems))
	paths := make([]string, len(problems))
	for i, problem := range problems {
		paths[i] = problem.Path
	}
	require.Equal(t, []string{"events[1].event", "events[1].id", "events[2].webhooks[0].events[0].when"}, paths)
}

// A batch has between one and a hundred events.
func TestBatchBounds(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, latch.MaximumBatchEvents, latch.MaximumBatchEvents + 1} {
		_, err := latch.DecodeEmissionBatch([]byte(`{"events":[` + strings.Join(slices.Repeat([]string{`{"event":"X"}`}, n), ",") + `]}`))
		require.Equal(t, n == latch.MaximumBatchEvents, err == nil, "%d: %v", n, err)
	}
}

// An event that only the registry refuses does not prevent the others from being fired. The run
// reports it at its end.
func TestBatchWithAnEnforcedId(t *testing.T) {
	t.Parallel()
	board := latch.RegisteredWebhook{Enforced: true, Webhook: latch.Webhook{ID: "board",
		URL: "https://board.invalid/", Events: []latch.Event{{Event: "FINE", When: "false"}}}}
	b := setup(t, around(protocol.ActivityAdmit, func(ctx context.Context, admit func(context.Context) (any, error)) (any, error) {
		return admit(rehearsal.In(ctx, &rehearsal.World{Webhooks: []latch.RegisteredWebhook{board}}))
	}))
	err := b.run(latch.WorkflowEmitBatch, `{"events":[
		{"event":"FINE","webhooks":[{"id":"a","event":"FINE","url":"$R/a","body":{"event":"A"}}]},
		{"event":"REPLACES","webhooks":[{"id":"board","event":"REPLACES","url":"$R/b","body":{"event":"B"}}]}]}`)
	var invalid *temporal.ApplicationError
	require.True(t, errors.As(err, &invalid))
	require.Contains(t, err.Error(), "events[1].webhooks[0].id")
	require.Contains(t, b.received(), "A")
	require.NotContains(t, b.received(), "B")
	answer, err := b.env.QueryWorkflow(latch.QueryHistory, json.RawMessage(`{}`))
	require.NoError(t, err)
	var records []latch.Record
	require.NoError(t, answer.Get(&records))
	require.Len(t, records, 2, "of FINE alone, the enforced webhook's too")
}
