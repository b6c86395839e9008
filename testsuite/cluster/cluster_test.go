package cluster_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

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
	"id": "{ID}",
	"webhooks": [{"id": "board", "url": "{R}/{ID}/board", "events": [{"event": "BEFORE_RELEASE", "blocking": true}]}],
	"steps": [{"name": "switch", "do": {"http": {"url": "{R}/{ID}/switch"}}}]
}`

// A platform is a cluster of three workers and two APIs, and a receiver.
type platform struct {
	*cluster.Cluster
	ctx      context.Context
	receiver *receiver.Receiver
}

// start starts a platform. It needs PostgreSQL, which CI installs.
func start(t *testing.T) *platform {
	t.Helper()
	postgres.Need(t)
	p := &platform{ctx: hang.Context(t), receiver: receiver.New(t)}
	var err error
	p.Cluster, err = cluster.Start(p.ctx, cluster.Options{Folder: postgres.Folder(t), Workers: 3, APIs: 2, Builder: commands})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	return p
}

// call posts to an API and returns the status and the body.
func (p *platform) call(t *testing.T, api *cluster.Member, path, body string) (int, string) {
	t.Helper()
	answer, err := http.Post(api.URL+path, "application/json", strings.NewReader(body))
	require.NoError(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, string(text)
}

// hold starts a release and returns the path that removes its lock.
func (p *platform) hold(t *testing.T, id string) (removal string) {
	t.Helper()
	status, text := p.call(t, p.APIs[0], "/latch/v1/releases", strings.NewReplacer("{R}", p.receiver.URL, "{ID}", id).Replace(heldRelease))
	require.Equal(t, http.StatusCreated, status, text)
	came, err := p.receiver.Wait(p.ctx, "/"+id+"/board", 1)
	require.NoError(t, err)
	return "/latch/v1/locks/" + url.PathEscape(came[0].Header.Get("X-Latch-Lock")) + "/release"
}

// isReleased waits until the release is done, and checks that each request had one id: a kill
// between an attempt and its record makes the attempt happen again.
func (p *platform) isReleased(t *testing.T, id string) {
	t.Helper()
	var result latch.ReleaseResult
	require.NoError(t, p.Client.GetWorkflow(p.ctx, "release-"+id, "").Get(p.ctx, &result))
	require.Equal(t, latch.ReleaseReleased, result.Status, "%+v", result)
	for _, path := range []string{"/board", "/switch"} {
		ids := map[string]bool{}
		for _, request := range p.receiver.Requests("/" + id + path) {
			ids[request.Header.Get("Idempotency-Key")] = true
		}
		require.Len(t, ids, 1, path)
	}
}

const passes = `{"result": "pass"}`

// On a cluster, with PostgreSQL and four history shards, every member recovers after an outage,
// and a release that waits continues.
func TestReleasesOnACluster(t *testing.T) {
	t.Parallel()
	p := start(t)
	described, err := p.Client.WorkflowService().GetClusterInfo(p.ctx, &workflowservice.GetClusterInfoRequest{})
	require.NoError(t, err)
	require.EqualValues(t, 4, described.GetHistoryShardCount())
	require.Equal(t, "postgres12", described.GetPersistenceStore())

	t.Run("everything is killed, and the other API removes the lock", func(t *testing.T) {
		removal := p.hold(t, "killed")
		require.NoError(t, p.Temporal.Kill())
		require.NoError(t, p.Postgres.Crash(p.ctx))
		require.NoError(t, p.Temporal.Start(p.ctx))
		for _, m := range append(p.Workers, p.APIs...) {
			require.NoError(t, m.Kill())
			require.NoError(t, m.Start(p.ctx))
		}
		status, text := p.call(t, p.APIs[1], removal, passes)
		require.Equal(t, http.StatusOK, status, text)
		p.isReleased(t, "killed")
	})
	t.Run("PostgreSQL is away", func(t *testing.T) {
		removal := p.hold(t, "away")
		require.NoError(t, p.Postgres.Stop())
		status, text := p.call(t, p.APIs[0], removal, passes)
		require.Equal(t, http.StatusServiceUnavailable, status, text)
		require.Contains(t, text, "Temporal")
		require.NoError(t, p.Postgres.Resume(p.ctx))
		require.Eventually(t, func() bool {
			status, text = p.call(t, p.APIs[0], removal, passes)
			return status == http.StatusOK
		}, hang.Limit, 100*time.Millisecond, "%s", text)
		p.isReleased(t, "away")
	})
	t.Run("workers start before Temporal does", func(t *testing.T) {
		removal := p.hold(t, "early")
		require.NoError(t, p.Temporal.Kill())
		for _, m := range p.Workers {
			require.NoError(t, m.Kill())
		}
		require.NoError(t, p.Workers[0].Launch())
		require.NoError(t, p.Workers[0].AwaitLog(p.ctx, "Temporal is not reachable yet"))
		require.NoError(t, p.Temporal.Start(p.ctx))
		require.NoError(t, p.Workers[0].AwaitReady(p.ctx))
		status, text := p.call(t, p.APIs[0], removal, passes)
		require.Equal(t, http.StatusOK, status, text)
		p.isReleased(t, "early")
	})
}
