package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api/apitest"
	"github.com/latch-run/latch/internal/runs/runstest"
)

const releasesPath = "/latch/v1/releases"

// GET /latch/v1/releases lists releases page by page, for the role read, with the locks that
// they wait for but nothing that names or opens a lock.
func TestListReleases(t *testing.T) {
	t.Parallel()
	temporal := &runstest.Temporal{Now: apitest.Fixed, RunIDs: func(n int) string { return "run-" + []string{"one", "two"}[n] }}
	for _, id := range []string{"one", "two"} {
		temporal.Add("release-"+id, latch.WorkflowRelease, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING).Answer = apitest.Always(latch.Status{
			ID: id, Title: "The shop", Status: "running", Phase: "waiting", Event: "BEFORE_RELEASE", Locks: []latch.OpenLock{
				{Token: "the:token:itself", URL: "https://x/locks/t?link=s", Webhook: "board", Event: "BEFORE_RELEASE",
					Since: latch.NewTime(apitest.Fixed)}}}, nil)
	}
	handler := apitest.WithKeys(t, temporal)
	first := apitest.Call(handler, http.MethodGet, releasesPath+"?status=running&since=2026-01-01T00:00:00Z&limit=1", "", "X-API-Key", "read")
	require.Equal(t, 200, first.Code, first.Body)
	var part struct {
		Releases   []json.RawMessage
		NextCursor string `json:"next_cursor"`
	}
	require.NoError(t, json.Unmarshal(first.Body.Bytes(), &part))
	require.Len(t, part.Releases, 1)
	require.JSONEq(t, `{"id":"one","title":"The shop","status":"running","phase":"waiting",
		"event":"BEFORE_RELEASE","workflow_id":"release-one","run_id":"run-one",
		"started_at":"2026-01-02T03:04:05.000Z",
		"waits_for":[{"webhook":"board","event":"BEFORE_RELEASE","for":"lock",
			"since":"2026-01-02T03:04:05.000Z"}]}`, string(part.Releases[0]))
	require.Equal(t, int32(1), temporal.Sizes[0])
	require.Contains(t, temporal.Queries[0], "ExecutionStatus IN ('Running', 'Paused') AND StartTime >= '2026-01-01T00:00:00Z'")
	second := apitest.Call(handler, http.MethodGet, releasesPath+"?status=running&limit=1&cursor="+part.NextCursor, "", "X-API-Key", "read")
	require.Equal(t, temporal.Queries[0], temporal.Queries[1], "the cursor keeps the times")
	part.NextCursor = ""
	require.NoError(t, json.Unmarshal(second.Body.Bytes(), &part))
	require.Contains(t, string(part.Releases[0]), `"release-two"`)
	require.Empty(t, part.NextCursor, "the last part")
	require.JSONEq(t, `{"releases":[]}`,
		apitest.Call(apitest.WithKeys(t, apitest.Temporal()), http.MethodGet, releasesPath, "", "X-API-Key", "read").Body.String())
}

// The search takes a part of the id, the workflow id or the title, in any case.
func TestSearchReleases(t *testing.T) {
	t.Parallel()
	temporal := &runstest.Temporal{Now: apitest.Fixed}
	for id, title := range map[string]string{"shop-4": "The <Shop>", "board-1": "The board"} {
		temporal.Add("release-"+id, latch.WorkflowRelease, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING).Answer = apitest.Always(
			latch.Status{ID: id, Title: title, Status: "running"}, nil)
	}
	handler := apitest.WithKeys(t, temporal)
	for search, want := range map[string][]string{"shop-4": {"shop-4"}, "%3Cshop%3E": {"shop-4"},
		"RELEASE-BOARD": {"board-1"}, "+board+": {"board-1"},
		"the": {"board-1", "shop-4"}, "": {"board-1", "shop-4"}, "none": {}, "%27+OR+1": {}} {
		got := apitest.Call(handler, http.MethodGet, releasesPath+"?search="+search, "", "X-API-Key", "read")
		require.Equal(t, 200, got.Code, got.Body)
		var part struct{ Releases []struct{ ID string } }
		require.NoError(t, json.Unmarshal(got.Body.Bytes(), &part))
		ids := []string{}
		for _, each := range part.Releases {
			ids = append(ids, each.ID)
		}
		require.ElementsMatch(t, want, ids, search)
	}
}

// Contract, "HTTP API": a wrong parameter of a list is 422 and named, and the answer is 503 if
// Temporal is unreachable.
func TestListRefusals(t *testing.T) {
	t.Parallel()
	handler := apitest.WithKeys(t, apitest.Temporal())
	for query, told := range map[string]string{
		releasesPath + "?status=done":                        `status: "done" is not a status of a release; one is running, released, `,
		releasesPath + "?status=relased":                     `; did you mean "released"?`,
		releasesPath + "?search=" + strings.Repeat("a", 201): "",
		releasesPath + "?limit=0":                            "",
		releasesPath + "?limit=201":                          "",
		releasesPath + "?since=yesterday":                    `since: "yesterday" is neither a duration`,
		releasesPath + "?since=x&until=y":                    "until: ",
		releasesPath + "?since=1h&until=2h":                  "does not come before until",
		releasesPath + "?cursor=nonsense":                    `cursor: "nonsense"`,
		gatesPath + "?status=released":                       `status: "released" is not a status of a gate; one is running, passed, `,
		gatesPath + "?since=1h&until=2h":                     "does not come before until",
		gatesPath + "?cursor=nonsense":                       `cursor: "nonsense"`,
		"/latch/v1/locks?cursor=nonsense":                    `cursor: "nonsense"`,
		"/latch/v1/locks?job=a&release=b":                    "job or release",
		"/latch/v1/locks?event=job":                          `event: "job" is not an event`,
		"/latch/v1/locks?event=BEFORE_RELEASED":              `did you mean "BEFORE_RELEASE"?`,
		"/latch/v1/deliveries?event=JOB_FAILUR":              `did you mean "JOB_FAILURE"?`,
		"/latch/v1/locks?limit=1001":                         "",
		"/latch/v1/locks?page=nonsense&limit=1&job=ab":       "cursor: ",
	} {
		got := apitest.ProblemOf(t, apitest.Call(handler, http.MethodGet, query, "", "X-API-Key", "read"), 422)
		require.Contains(t, got.Detail, told, query)
	}
	down := apitest.WithKeys(t, &runstest.Temporal{ListError: serviceerror.NewUnavailable("down")})
	apitest.ProblemOf(t, apitest.Call(down, http.MethodGet, releasesPath, "", "X-API-Key", "read"), 503)
	apitest.ProblemOf(t, apitest.Call(down, http.MethodGet, gatesPath, "", "X-API-Key", "read"), 503)
	apitest.ProblemOf(t, apitest.Call(down, http.MethodGet, "/latch/v1/locks", "", "X-API-Key", "read"), 503)
}
