package cluster_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/hang"
	"github.com/latch-run/latch/testsuite/cluster"
	"github.com/latch-run/latch/testsuite/postgres"
	"github.com/latch-run/latch/testsuite/receiver"
)

// heldRelease waits for its lock and then takes a step.
const heldRelease = `{
	"id": "held",
	"webhooks": [{"id": "board", "url": "{R}/board", "events": [{"event": "BEFORE_RELEASE", "blocking": true}]}],
	"steps": [{"name": "switch", "do": {"http": {"url": "{R}/switch"}}}]
}`

// newCluster starts three workers and two APIs. It needs PostgreSQL, which CI
// installs.
func newCluster(t *testing.T) *cluster.Cluster {
	t.Helper()
	if _, err := postgres.Programs(); errors.Is(err, postgres.ErrNotInstalled) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	c, err := cluster.Start(hang.Context(t), cluster.Options{Folder: postgres.Folder(t), Workers: 3, APIs: 2, Builder: commands})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

// On a cluster, with PostgreSQL and four history shards, a release that one API
// started is let go by the other, although everything was killed in between.
func TestAReleaseOnAClusterOutlivesAllOfIt(t *testing.T) {
	t.Parallel()
	ctx, c, r := hang.Context(t), newCluster(t), receiver.New(t)
	described, err := c.Client.WorkflowService().GetClusterInfo(ctx, &workflowservice.GetClusterInfoRequest{})
	require.NoError(t, err)
	require.EqualValues(t, 4, described.GetHistoryShardCount())
	require.Equal(t, "postgres12", described.GetPersistenceStore())

	call := func(api *cluster.Member, path, body string) int {
		answer, err := http.Post(api.URL+path, "application/json", bytes.NewBufferString(strings.ReplaceAll(body, "{R}", r.URL)))
		require.NoError(t, err)
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		require.Less(t, answer.StatusCode, 300, "%s", text)
		return answer.StatusCode
	}
	call(c.APIs[0], "/latch/v1/releases", heldRelease)
	came, err := r.Wait(ctx, "/board", 1)
	require.NoError(t, err)

	require.NoError(t, c.Temporal.Kill())
	require.NoError(t, c.Postgres.Crash(ctx))
	require.NoError(t, c.Temporal.Start(ctx))
	for _, m := range append(c.Workers, c.APIs...) {
		require.NoError(t, m.Kill())
		require.NoError(t, m.Start(ctx))
	}
	call(c.APIs[1], "/latch/v1/locks/"+url.PathEscape(came[0].Header.Get("X-Latch-Lock"))+"/release", `{"result": "pass"}`)
	var result latch.ReleaseResult
	require.NoError(t, c.Client.GetWorkflow(ctx, "release-held", "").Get(ctx, &result))
	told, err := json.Marshal(result)
	require.NoError(t, err)
	require.Equal(t, latch.ReleaseReleased, result.Status, "%s", told)
	// A kill between an attempt and its record has it made again, under its id.
	for _, path := range []string{"/board", "/switch"} {
		ids := map[string]bool{}
		for _, request := range r.Requests(path) {
			ids[request.Header.Get("Idempotency-Key")] = true
		}
		require.Len(t, ids, 1, path)
	}
}
