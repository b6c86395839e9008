package workflows_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

const heldForLong = `{"id":"long","steps":[{"name":"a","do":{"http":{"url":"$R/do"}}}],"webhooks":[
	{"id":"gate","events":[{"event":"BEFORE_RELEASE","blocking":true,"lock_timeout":"720h","on_timeout":"stop"}]}]}`

// leave runs a release for which Temporal suggests to continue as new, and returns the input of
// the next run.
func leave(t *testing.T, b *bench) *commonpb.Payload {
	t.Helper()
	refused := func() { b.env.SignalWorkflow(latch.MessageReleaseLock, latch.LockRelease{Lock: "nobody's"}) }
	b.env.RegisterDelayedCallback(refused, 12*time.Hour)
	b.env.RegisterDelayedCallback(func() { b.env.SetContinueAsNewSuggested(true) }, 24*time.Hour)
	return b.leaves(latch.WorkflowRelease, heldForLong)
}

// leaves runs a workflow that continues as new, and returns the input of the next run.
func (b *bench) leaves(name, input string) *commonpb.Payload {
	b.Helper()
	err := b.run(name, input)
	var continues *workflow.ContinueAsNewError
	require.True(b, errors.As(err, &continues), "%v", err)
	require.Equal(b, name, continues.WorkflowType.Name)
	return continues.Input.GetPayloads()[0]
}

// A run continues as new when Temporal suggests it. The input stays readable, and the lock
// keeps its token and its deadline, which counts from its creation.
func TestALockKeepsItsTokenAndDeadlineInTheNextRun(t *testing.T) {
	t.Parallel()
	input := leave(t, setup(t))
	require.JSONEq(t, `{"id":"long"}`, idOf(t, input.GetData()))

	next := setup(t)
	next.env.SetContinuedExecutionRunID("earlier")
	var began, until latch.Time
	next.env.RegisterDelayedCallback(func() {
		var status latch.Status
		value, err := next.env.QueryWorkflow(latch.QueryStatus)
		require.NoError(t, err)
		require.NoError(t, value.Get(&status))
		require.Len(t, status.Locks, 1)
		require.Equal(t, "long", status.ID)
		require.Len(t, status.Rejected, 1, "what the earlier run refused")
		began, until = status.Locks[0].Since, status.Locks[0].Until
	}, time.Minute)
	next.env.ExecuteWorkflow(latch.WorkflowRelease, converter.NewRawValue(input))
	var result latch.ReleaseResult
	require.NoError(t, next.env.GetWorkflowError())
	require.NoError(t, next.env.GetWorkflowResult(&result))
	require.Equal(t, latch.ReleaseStopped, result.Status)
	require.Equal(t, latch.ViaTimeout, result.History[0].Lock.Via)
	require.Equal(t, 720*time.Hour, until.Sub(began.Time))
}

// State from an earlier run only counts in a run that continues one: nobody can start a run
// that was never admitted.
func TestAForgedStateIsNoAdmission(t *testing.T) {
	t.Parallel()
	input := leave(t, setup(t))
	input.Data = []byte(`{"id":"forged"}`)
	b := setup(t)
	b.env.ExecuteWorkflow(latch.WorkflowRelease, converter.NewRawValue(input))
	require.ErrorContains(t, b.env.GetWorkflowError(), "steps")

	b = setup(t)
	b.env.SetContinuedExecutionRunID("earlier")
	input.Metadata["latch-carried"] = []byte("what nobody packed")
	b.env.ExecuteWorkflow(latch.WorkflowRelease, converter.NewRawValue(input))
	require.ErrorContains(t, b.env.GetWorkflowError(), "what the earlier run left cannot be read")

	b = setup(t)
	b.env.SetContinuedExecutionRunID("the attempt before")
	packed, err := protocol.PackCarried(&protocol.State{First: "a run that somebody thought of"})
	require.NoError(t, err)
	input.Metadata["latch-carried"] = packed
	b.env.ExecuteWorkflow(latch.WorkflowRelease, converter.NewRawValue(input))
	require.ErrorContains(t, b.env.GetWorkflowError(), "it is another run's")
}

// A run whose hook is at work continues as new once that has ended, and can be stopped before: work
// may take hours, and is never interrupted.
func TestARunContinuesAsNewAfterAHooksWork(t *testing.T) {
	t.Parallel()
	const release = `{"id":"long","steps":[{"name":"a","do":{"http":{"url":"$R/do"}}}],"webhooks":[
		{"id":"check","activity":{"type":"Check","timeout":"10h"},"event":"BEFORE_RELEASE"},
		{"id":"gate","events":[{"event":"BEFORE_RELEASE","blocking":true,"lock_timeout":"720h"}]}]}`
	atWork := func() *bench {
		b := setup(t)
		b.env.RegisterActivityWithOptions(func(context.Context, json.RawMessage) error { return nil }, activity.RegisterOptions{Name: "Check"})
		b.env.OnActivity("Check", mock.Anything, mock.Anything).After(9 * time.Hour).Return(nil)
		b.env.RegisterDelayedCallback(func() { b.env.SetContinueAsNewSuggested(true) }, time.Hour)
		b.tellLater(2*time.Hour, latch.MessageExtendLock, `{}`) // a task, in which Temporal suggests it
		return b
	}
	b := atWork()
	began := b.env.Now()
	b.leaves(latch.WorkflowRelease, release)
	require.Equal(t, 9*time.Hour, b.env.Now().Sub(began).Round(time.Hour))

	b = atWork()
	b.tellLater(3*time.Hour, latch.MessageStop, `{"by":"ann"}`)
	var stopped latch.Status
	b.env.RegisterDelayedCallback(func() { stopped = b.status() }, 4*time.Hour)
	require.Equal(t, latch.ReleaseStopped, b.released(b.run(latch.WorkflowRelease, release)).Status)
	require.Empty(t, stopped.Locks)
}

func idOf(t *testing.T, data []byte) string {
	t.Helper()
	var release latch.Release
	require.NoError(t, latch.Unmarshal(data, &release))
	return `{"id":"` + release.ID + `"}`
}
