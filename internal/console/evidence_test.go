package console_test

import (
	"log/slog"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/console"
	"github.com/latch-run/latch/internal/evidence"
	"github.com/latch-run/latch/internal/runs/runstest"
)

// signingKey signs nothing else.
const signingKey = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIBHkHckr2J7uLaL6+mU2PZwt4hEMFALa0n3XD0XLhUOM
-----END PRIVATE KEY-----
`

// serveSigning serves the console of an API that signs evidence.
func serveSigning(t *testing.T, w *world) string {
	t.Helper()
	key, err := evidence.ParseKey([]byte(signingKey))
	require.NoError(t, err)
	parsed, err := api.ParseKeys(keys)
	require.NoError(t, err)
	handler, err := api.New(api.Options{Client: w, Keys: parsed, EvidenceKey: key, Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
		Routes: []api.Routes{console.Routes(console.Options{Stop: t.Context()})}})
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// The page of a closed release has its evidence to download, for everybody who may read, and only
// where the API signs it.
func TestEvidenceToDownload(t *testing.T) {
	t.Parallel()
	w := newWorld()
	closed := w.Add("release-1 ü", latch.WorkflowRelease, enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED)
	closed.Closed = runstest.Completed(runstest.Payloads(latch.ReleaseResult{ID: "1 ü", Status: latch.ReleaseReleased}))
	closed.StartedWith(`{"id":"1 ü","steps":[]}`)
	closed.Answer = func(query string) (any, error) {
		if query == latch.QueryHistory {
			return []latch.Record{}, nil
		}
		return latch.Status{ID: "1 ü", Status: latch.ReleaseReleased}, nil
	}
	w.goes(t, "2", "Runs")
	const page = "/console/releases/release-1%20%C3%BC"
	base := serveSigning(t, w)
	p := loggedIn(t, base, readKey)
	shown := p.get(page)
	require.Equal(t, 200, shown.status, shown.body)
	require.Contains(t, shown.body, `href="../../console/releases/release-1%20%C3%BC/evidence"`)
	require.NotContains(t, p.get("/console/releases/release-2").body, "/evidence", "it has not closed")
	require.Equal(t, 409, p.get("/console/releases/release-2/evidence").status)
	got := p.get(page + "/evidence")
	require.Equal(t, 200, got.status, got.body)
	require.Equal(t, evidence.MediaType, got.header.Get("Content-Type"))
	require.Regexp(t, `^attachment; filename\*=utf-8''evidence-release-1%20%C3%BC\.json$`, got.header.Get("Content-Disposition"))
	require.Equal(t, p.send("GET", "/latch/v1/releases/release-1%20%C3%BC/evidence", "", "X-API-Key", readKey).body, got.body)
	require.Equal(t, "/login", visitor(t, base).get(page + "/evidence").path[:6])

	unsigned := loggedIn(t, serve(t, w, keys), readKey)
	require.NotContains(t, unsigned.get(page).body, "/evidence")
	require.Equal(t, 501, unsigned.get(page+"/evidence").status)
}

// The page of a closed gate has its evidence, too.
func TestEvidenceOfAGateToDownload(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.asks("4711", "waits")
	w.decidedGate("4712", "so")
	p := loggedIn(t, serveSigning(t, w), readKey)
	const page = "/console/gates/gate-4712"
	require.Contains(t, p.get(page).body, `href="../../console/gates/gate-4712/evidence"`)
	require.NotContains(t, p.get("/console/gates/gate-4711").body, "/evidence", "it has not closed")
	got := p.get(page + "/evidence")
	require.Equal(t, 200, got.status, got.body)
	require.Equal(t, p.send("GET", "/latch/v1/gates/gate-4712/evidence", "", "X-API-Key", readKey).body, got.body)
}
