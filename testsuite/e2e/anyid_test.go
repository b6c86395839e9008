package e2e

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/process"
)

// Ids are strings, in any script: a release, its lock and the jobs of a sequence work although
// the SDK sends a header that accepts only ASCII. A registered job's id is refused, because a
// schedule cannot have it.
func TestIDsInAnyScript(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.serve()
	id := "größe 版本-" + b.queue
	s.call("POST", "/latch/v1/releases", `{"id":"`+id+`",
		"webhooks":[{"id":"prüfung","events":[{"event":"BEFORE_RELEASE","blocking":true}]}],
		"steps":[{"name":"übergabe","do":{"workflow":{"type":"latch.JobRun","id":"kind-`+id+`",
			"input":{"id":"kind","jobs":[{"id":"größe","task":{"workflow":{"type":"latch.Emit",
				"id":"äußerung-`+id+`","input":{"event":"PASSED"}}}}]}}}}]}`).read(t, 201, nil)
	path := "/latch/v1/releases/" + url.PathEscape(id)
	var state struct {
		Status string
		Locks  []latch.OpenLock
	}
	require.EventuallyWithT(t, func(t *assert.CollectT) {
		s.call("GET", path, "").read(t, 200, &state)
		require.Len(t, state.Locks, 1)
	}, patience, tick)
	s.call("POST", lockPath(state.Locks[0].Token)+"/release", "").read(t, 200, nil)
	require.EventuallyWithT(t, func(t *assert.CollectT) {
		s.call("GET", path, "").read(t, 200, &state)
		require.Equal(t, latch.ReleaseReleased, state.Status)
	}, patience, tick)

	shown, err := process.Run(b.ctx, process.Command{Path: shared.starterPath, Args: []string{"status", "release-" + id},
		Env: []string{"TEMPORAL_ADDRESS=" + shared.server.FrontendHostPort}})
	require.NoError(t, err)
	require.Contains(t, shown.Stdout, "released", shown.Stderr)

	refused := s.call("POST", "/v2/jobs", `{"id":"größe","title":"Größe"}`).problem(t, 422)
	require.Equal(t, "body.id", refused.Errors[0].Location)
	s.call("GET", "/v2/jobs/gr%C3%B6%C3%9Fe", "").problem(t, 404)
}
