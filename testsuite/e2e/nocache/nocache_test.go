// Package nocache runs Latch's workflows in a process whose workers keep no
// workflow in memory: every workflow task replays the run from its beginning.
// The size of that cache is the process's own, hence a package of its own.
package nocache

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/hang"
	"github.com/latch-run/latch/plugin"
	"github.com/latch-run/latch/testsuite/receiver"
	"github.com/latch-run/latch/testsuite/server"
)

const queue = "nocache"

var temporalClient client.Client

func TestMain(m *testing.M) { os.Exit(runMain(m)) }

func runMain(m *testing.M) int {
	worker.SetStickyWorkflowCacheSize(0)
	running, err := server.Start(context.Background(), server.Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, "nocache:", err)
		return 1
	}
	defer running.Stop()
	quiet := log.NewStructuredLogger(slog.New(slog.NewTextHandler(io.Discard, nil)))
	temporalClient, err = client.Dial(server.Persistent(client.Options{HostPort: running.FrontendHostPort, Logger: quiet}))
	if err != nil {
		fmt.Fprintln(os.Stderr, "nocache:", err)
		return 1
	}
	defer temporalClient.Close()
	w := worker.New(temporalClient, queue,
		worker.Options{Plugins: []worker.Plugin{plugin.New(plugin.Options{EgressAllow: []string{"127.0.0.1"}})}})
	if err := w.Start(); err != nil {
		fmt.Fprintln(os.Stderr, "nocache:", err)
		return 1
	}
	defer w.Stop()
	return m.Run()
}

// start starts a workflow with JSON in which $R is the receiver.
func start(t *testing.T, ctx context.Context, r *receiver.Receiver, workflow, input string) client.WorkflowRun {
	t.Helper()
	run, err := temporalClient.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: t.Name(), TaskQueue: queue}, workflow,
		json.RawMessage(strings.ReplaceAll(input, "$R", r.URL)))
	require.NoError(t, err)
	return run
}

// lock waits for the n-th open lock.
func lock(t *testing.T, ctx context.Context, event string) latch.OpenLock {
	t.Helper()
	var status latch.Status
	require.Eventually(t, func() bool {
		value, err := temporalClient.QueryWorkflow(ctx, t.Name(), "", latch.QueryStatus)
		return err == nil && value.Get(&status) == nil && len(status.Locks) == 1 && status.Locks[0].Event == event
	}, hang.Limit, 20*time.Millisecond, "no lock at %s", event)
	return status.Locks[0]
}

func update(t *testing.T, ctx context.Context, name string, argument, into any) {
	t.Helper()
	handle, err := temporalClient.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{WorkflowID: t.Name(), UpdateName: name,
		WaitForStage: client.WorkflowUpdateStageCompleted, Args: []any{argument}})
	require.NoError(t, err)
	require.NoError(t, handle.Get(ctx, into))
}

// A job with a gate, several hooks and a retry replays at every step.
func TestJobWithoutCache(t *testing.T) {
	t.Parallel()
	ctx := hang.Context(t)
	r := receiver.New(t)
	r.Script("/w", receiver.Status(503), receiver.Status(200))
	run := start(t, ctx, r, latch.WorkflowJobRun, `{"id":"j","timeout":"1m",
		"task":{"http":{"url":"$R/do","body":{"run":"${run.workflow_id}"}}},
		"webhooks":[
			{"id":"gate","url":"$R/gate","events":[{"event":"JOB_START","blocking":true}]},
			{"id":"w","url":"$R/w","retry":{"initial_interval":"10ms"},"events":[
				{"event":"JOB_START","when":"true"},
				{"event":"JOB_COMPLETE"},
				{"event":"JOB_SUCCESS"}]}]}`)
	open := lock(t, ctx, latch.EventJobStart)
	var removed latch.Record
	update(t, ctx, latch.MessageReleaseLock, map[string]any{"lock": open.Token, "result": "pass"}, &removed)
	require.Equal(t, latch.ViaUpdate, removed.Lock.Via)
	var result latch.JobResult
	require.NoError(t, run.Get(ctx, &result))
	require.Equal(t, latch.JobSucceeded, result.Status)
	require.Len(t, result.History, 4)
	require.Len(t, r.Requests("/do"), 1)
}

// A release with locks, a recorded change, a signal and a rollback replays at
// every step, and takes none twice.
func TestReleaseWithoutCache(t *testing.T) {
	t.Parallel()
	ctx := hang.Context(t)
	r := receiver.New(t)
	run := start(t, ctx, r, latch.WorkflowRelease, `{"id":"r",
		"steps":[
			{"name":"a","do":{"http":{"url":"$R/do/a"}},"undo":{"http":{"url":"$R/undo/a"}}},
			{"name":"b","do":{"http":{"url":"$R/do/b"}},"undo":{"http":{"url":"$R/undo/b"}}}],
		"webhooks":[
			{"id":"gate","url":"$R/gate","events":[
				{"event":"BEFORE_RELEASE","blocking":true},
				{"event":"BEFORE_RELEASE_COMPLETE","blocking":true,"lock_timeout":"1h"}]},
			{"id":"log","url":"$R/log","events":[
				{"event":"BEFORE_STEP"},
				{"event":"AFTER_STEP","stop_release":"step.status == 'failed'"},
				{"event":"RELEASE_ROLLED_BACK"}]}]}`)
	first := lock(t, ctx, latch.EventBeforeRelease)
	require.NoError(t, temporalClient.SignalWorkflow(ctx, run.GetID(), "", latch.MessageReleaseLock,
		map[string]any{"lock": first.Token, "by": "ann"}))
	second := lock(t, ctx, latch.EventBeforeReleaseComplete)
	var records []latch.Record
	value, err := temporalClient.QueryWorkflow(ctx, run.GetID(), "", latch.QueryHistory,
		map[string]any{"event": latch.EventBeforeReleaseComplete})
	require.NoError(t, err)
	require.NoError(t, value.Get(&records))
	update(t, ctx, latch.MessageRecord,
		map[string]any{"delivery_id": records[0].DeliveryID, "data": map[string]any{"rollback_release": true}}, nil)
	require.NoError(t, temporalClient.SignalWorkflow(ctx, run.GetID(), "", latch.MessageReleaseLock, "no lock"))
	update(t, ctx, latch.MessageReleaseLock, map[string]any{"lock": second.Token, "result": "fail"}, nil)
	var result latch.ReleaseResult
	require.NoError(t, run.Get(ctx, &result))
	require.Equal(t, latch.ReleaseRolledBack, result.Status)
	for _, path := range []string{"/do/a", "/do/b", "/undo/a", "/undo/b"} {
		require.Len(t, r.Requests(path), 1, path)
	}
}
