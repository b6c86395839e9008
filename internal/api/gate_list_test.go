package api_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/api/apitest"
	"github.com/latch-run/latch/internal/locklink"
	"github.com/latch-run/latch/internal/runs/runstest"
)

const gatesPath = "/latch/v1/gates"

// GET /latch/v1/gates lists open and decided gates page by page, for the role read: what each waits
// for, as GET of the gate has it and without what opens the lock, or how it was decided.
func TestListGates(t *testing.T) {
	t.Parallel()
	temporal := &runstest.Temporal{Now: apitest.Fixed, RunIDs: func(n int) string { return "run-" + []string{"one", "two"}[n] }}
	const token = "gate-one:board:r4nd0m"
	link := locklink.URL("https://latch.example.com", token, []byte(veilKey))
	temporal.Add("gate-one", latch.WorkflowGate, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING).Answer = apitest.Always(latch.Status{
		ID: "one", Status: latch.GateRunning, Phase: "waiting", Event: "DEPLOY", Locks: []latch.OpenLock{{Token: token, URL: link,
			Webhook: "board", Event: "DEPLOY", Since: latch.NewTime(apitest.Fixed)}}}, nil)
	temporal.Add("gate-two", latch.WorkflowGate, enumspb.WORKFLOW_EXECUTION_STATUS_FAILED).Closed = runstest.Failed("no", latch.ErrorGateStopped,
		runstest.Payloads(latch.GateResult{ID: "two", Event: "DEPLOY", Status: latch.GateStopped, Decision: latch.Stop, Reason: "the tests are red",
			DecidedBy: latch.DecidedBy{Webhook: "tests", Event: "DEPLOY"}}))
	keys, err := api.ParseKeys("reader:read=" + apitest.KeyOf("read"))
	require.NoError(t, err)
	handler := apitest.New(t, temporal, api.Options{Keys: keys, LockLinks: true, LinkKey: []byte(veilKey)})
	first := apitest.Call(handler, http.MethodGet, gatesPath+"?limit=1&count=true", "", "X-API-Key", "read")
	require.Equal(t, 200, first.Code, first.Body)
	var part struct {
		Gates      []json.RawMessage
		Count      int
		NextCursor string `json:"next_cursor"`
	}
	require.NoError(t, json.Unmarshal(first.Body.Bytes(), &part))
	require.Equal(t, 2, part.Count)
	require.Len(t, part.Gates, 1)
	require.JSONEq(t, `{"id":"one","status":"running","phase":"waiting","event":"DEPLOY","workflow_id":"gate-one","run_id":"run-one",
		"started_at":"2026-01-02T03:04:05.000Z","locks":[{"token":"gate-one:board:r4nd0m",
			"url":"https://latch.example.com/locks/gate-one:board:r4nd0m","webhook":"board","event":"DEPLOY",
			"since":"2026-01-02T03:04:05.000Z"}],
		"waits_for":[{"webhook":"board","event":"DEPLOY","for":"lock","since":"2026-01-02T03:04:05.000Z"}]}`, string(part.Gates[0]))
	second := apitest.Call(handler, http.MethodGet, gatesPath+"?limit=1&cursor="+part.NextCursor, "", "X-API-Key", "read")
	part.NextCursor = ""
	require.NoError(t, json.Unmarshal(second.Body.Bytes(), &part))
	require.JSONEq(t, `{"id":"two","status":"stopped","event":"DEPLOY","reason":"the tests are red",
		"decided_by":{"webhook":"tests","event":"DEPLOY"},"workflow_id":"gate-two","run_id":"run-two",
		"started_at":"2026-01-02T03:03:05.000Z","closed_at":"2026-01-02T04:03:05.000Z"}`, string(part.Gates[0]))
	require.Empty(t, part.NextCursor, "the last part")
	require.JSONEq(t, `{"gates":[]}`,
		apitest.Call(apitest.WithKeys(t, apitest.Temporal()), http.MethodGet, gatesPath, "", "X-API-Key", "read").Body.String())
}

// GET /latch/v1/locks has the failed steps that wait for a choice beside the locks.
func TestListPausedSteps(t *testing.T) {
	t.Parallel()
	temporal := &runstest.Temporal{Now: apitest.Fixed, RunIDs: func(int) string { return "run-one" }}
	temporal.Add("release-one", latch.WorkflowRelease, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING).PausesAt(latch.PausedStep{
		Release: "one", Title: "The shop", Step: "deploy", Error: "500", Since: latch.NewTime(apitest.Fixed)})
	handler := apitest.WithKeys(t, temporal)
	require.JSONEq(t, `{"locks":[],"paused":[{"release":"one","title":"The shop","step":"deploy","error":"500",
		"since":"2026-01-02T03:04:05.000Z","workflow_id":"release-one","run_id":"run-one"}]}`,
		apitest.Call(handler, http.MethodGet, "/latch/v1/locks", "", "X-API-Key", "read").Body.String())
}
