package e2e

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/worker"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/hang"
	"github.com/latch-run/latch/testsuite/process"
	"github.com/latch-run/latch/testsuite/receiver"
)

// A release that began on a newer build meets a worker of an older one, without
// worker versioning. That worker cannot go on with it, and whoever asks is told
// so; the release loses nothing and ends on the next worker of the newer build.
func TestAWorkerOfAnOlderBuild(t *testing.T) {
	t.Parallel()
	u := &upgraded{&bench{T: t, ctx: hang.Context(t), queue: t.Name(), receiver: receiver.New(t)}, ""}
	start := func(interceptors ...interceptor.WorkerInterceptor) worker.Worker {
		w := worker.New(shared.client, u.queue, worker.Options{Plugins: []worker.Plugin{latchPlugin()}, Interceptors: interceptors})
		require.NoError(t, w.Start())
		return w
	}
	newer := start(&oneStepMore{})
	const id = "release-of-a-newer-build"
	_, err := shared.client.ExecuteWorkflow(u.ctx, client.StartWorkflowOptions{ID: id, TaskQueue: u.queue}, latch.WorkflowRelease,
		json.RawMessage(u.spec(`{"id":"of-a-newer-build","steps":[{"name":"a","do":{"http":{"url":"{R}/do"}}}],"webhooks":[
			{"id":"gate","events":[{"event":"BEFORE_RELEASE","blocking":true}]}]}`)))
	require.NoError(t, err)
	require.NoError(t, u.holds(u.ctx, id))
	newer.Stop()

	older := start()
	const says = "it is of an older build, or lacks Latch's plugin; replace it by one of the newest build"
	told := u.serve().callOnce("GET", "/latch/v1/releases/of-a-newer-build", "")
	require.Equal(t, http.StatusServiceUnavailable, told.status, told.body)
	require.Contains(t, told.body, says)
	status, err := process.Run(u.ctx, process.Command{Path: shared.starterPath, Args: []string{"status", id},
		Env: []string{"TEMPORAL_ADDRESS=" + shared.server.FrontendHostPort}})
	require.NoError(t, err)
	require.Equal(t, 3, status.ExitCode, status.Stderr)
	require.Contains(t, status.Stderr, says)
	require.Empty(t, u.receiver.Requests(""), "the older build did nothing")
	older.Stop()

	t.Cleanup(start(&oneStepMore{}).Stop)
	require.NoError(t, u.letPass(u.ctx, id))
	require.Len(t, u.receiver.Requests("/do"), 1)
}
