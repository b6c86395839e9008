package api_test

import (
	"encoding/json"
	"io"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api/apitest"
	"github.com/latch-run/latch/internal/runs/runstest"
)

const smallRelease = `{"id":"shop","steps":[{"name":"a","do":{"http":{"url":"https://example.com/"}}}]}`

// Contract, "HTTP API": an unknown lock is 404, even if its token names a workflow without
// locks.
func TestLockOfForeignWorkflow(t *testing.T) {
	t.Parallel()
	handler := apitest.WithKeys(t, apitest.Running("other",
		apitest.Always(nil, serviceerror.NewQueryFailed("unknown queryType history. KnownQueryTypes=[__stack_trace]")),
		apitest.AlwaysUpdated(nil, temporal.NewApplicationError("unknown update release_lock. KnownUpdates=[]", ""))))
	apitest.ProblemOf(t, apitest.Call(handler, "GET", "/latch/v1/locks/other:board:abc", "", "X-API-Key", "read"), 404)
	apitest.ProblemOf(t, apitest.Call(handler, "GET", "/locks/other:board:abc", "", "X-API-Key", "read"), 404)
	apitest.ProblemOf(t, apitest.Call(handler, "POST", "/latch/v1/locks/other:board:abc/release", "", "X-API-Key", "lock"), 404)
}

// A run that somebody paused by Temporal's own means answers nothing: that is 409, and no error of the
// API or of a worker.
func TestRunPausedInTemporal(t *testing.T) {
	t.Parallel()
	handler := apitest.WithKeys(t, apitest.Running("release-1", apitest.Always(nil, &temporal.QueryRejectedError{}),
		apitest.AlwaysUpdated(nil, serviceerror.NewFailedPrecondition("Workflow is paused. Cannot update the workflow."))))
	for _, call := range []*httptest.ResponseRecorder{
		apitest.Call(handler, "GET", "/latch/v1/releases/1", "", "X-API-Key", "read"),
		apitest.Call(handler, "POST", removal, "", "X-API-Key", "lock"),
	} {
		require.Contains(t, apitest.ProblemOf(t, call, 409).Detail, "paused in Temporal")
	}
}

// Text that is not UTF-8 cannot be sent to Temporal: as a name it is unknown, as a value wrong,
// and never an internal error of the API.
func TestNoUTF8(t *testing.T) {
	t.Parallel()
	f := apitest.Running("\xff", nil, nil)
	f.Add("release-\xff", latch.WorkflowRelease, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING)
	handler := apitest.WithKeys(t, f)
	apitest.ProblemOf(t, apitest.Call(handler, "GET", "/latch/v1/locks/%ff:board:abc", "", "X-API-Key", "admin"), 404)
	apitest.ProblemOf(t, apitest.Call(handler, "POST", "/latch/v1/locks/%ff:board:abc/release", "", "X-API-Key", "admin"), 404)
	apitest.ProblemOf(t, apitest.Call(handler, "GET", "/latch/v1/releases/%ff", "", "X-API-Key", "admin"), 404)
	apitest.ProblemOf(t, apitest.Call(handler, "GET", "/latch/v1/releases/%00", "", "X-API-Key", "admin"), 404)
	apitest.ProblemOf(t, apitest.Call(handler, "GET", "/latch/v1/releases/"+strings.Repeat("x", 1001), "", "X-API-Key", "admin"), 404)
	apitest.ProblemOf(t, apitest.Call(handler, "POST", "/latch/v1/releases?workflow_id=a%00", smallRelease, "X-API-Key", "admin"), 422)
	apitest.ProblemOf(t, apitest.Call(handler, "GET", "/v2/jobs/%ff", "", "X-API-Key", "admin"), 404)
	apitest.ProblemOf(t, apitest.Call(handler, "POST", "/v2/jobs/%00/:actions", `{"action":"START"}`, "X-API-Key", "admin"), 404)
	apitest.ProblemOf(t, apitest.Call(handler, "POST", "/latch/v1/releases?workflow_id=%ff", smallRelease, "X-API-Key", "admin"), 422)
	require.Empty(t, f.Starts)
	require.Empty(t, f.Updates)
}

// Contract, "HTTP API": a wrong value is 422; the path's lock need not be
// repeated, and may not be contradicted by anything.
func TestLockInBody(t *testing.T) {
	t.Parallel()
	handler := apitest.WithKeys(t, apitest.Running("release-1", nil, apitest.AlwaysUpdated(latch.Record{}, nil)))
	for body, status := range map[string]int{
		`{}`: 200, `{"lock":"release-1:board:abc"}`: 200, `{"lock":""}`: 200, `{"lock":null}`: 200,
		`{"lock":{}}`: 422, `{"lock":5}`: 422, `{"lock":["x"]}`: 422, `{"lock":"release-1:board:x"}`: 422,
	} {
		require.Equal(t, status, apitest.Call(handler, "POST", removal, body, "X-API-Key", "lock").Code, body)
	}
}

// Contract, "HTTP API": the answer is 503 with Retry-After if Temporal is unreachable. A
// Temporal that keeps rejecting requests under load does not block a request for ever.
func TestListUnderLoad(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		handler := apitest.WithKeys(t,
			&runstest.Temporal{ListError: serviceerror.NewResourceExhausted(enumspb.RESOURCE_EXHAUSTED_CAUSE_RPS_LIMIT, "too many requests")})
		var got atomic.Pointer[httptest.ResponseRecorder]
		go func() { got.Store(apitest.Call(handler, "GET", "/latch/v1/locks", "", "X-API-Key", "read")) }()
		synctest.Wait()
		require.Nil(t, got.Load(), "it is tried again")
		time.Sleep(time.Minute) // of the bubble's own time
		synctest.Wait()
		require.NotNil(t, got.Load())
		apitest.ProblemOf(t, got.Load(), 503)
		require.Equal(t, "5", got.Load().Header().Get("Retry-After"))
	})
}

// Temporal bounds a run's summary in bytes, and refuses a start with a longer one.
func TestSummaryIsBoundedInBytes(t *testing.T) {
	t.Parallel()
	f := apitest.Temporal()
	body := strings.Replace(smallRelease, `"steps"`, `"title":"`+strings.Repeat("版", 500)+`","steps"`, 1)
	require.Equal(t, 201, apitest.Call(apitest.WithKeys(t, f), "POST", "/latch/v1/releases", body, "X-API-Key", "run").Code)
	var summary string
	require.NoError(t, json.Unmarshal(f.Starts[0].GetUserMetadata().GetSummary().GetData(), &summary))
	require.LessOrEqual(t, len(summary), 200)
	require.True(t, strings.HasPrefix(summary, "release shop 版") && strings.HasSuffix(summary, "版…"), summary)
}

// Contract, "HTTP API": a body that breaks off is no JSON, and no failure of the API.
func TestBrokenBody(t *testing.T) {
	t.Parallel()
	request := httptest.NewRequest("POST", "/latch/v1/releases", iotest.ErrReader(io.ErrUnexpectedEOF))
	request.Header.Set("X-API-Key", apitest.KeyOf("run"))
	recorder := httptest.NewRecorder()
	apitest.WithKeys(t, apitest.Temporal()).ServeHTTP(recorder, request)
	apitest.ProblemOf(t, recorder, 400)
}

// Contract, "HTTP API": a body that takes too long to come is 408, the page's
// form too.
func TestSlowBody(t *testing.T) {
	t.Parallel()
	for path, media := range map[string]string{"/latch/v1/releases": "application/json",
		"/locks/run:board:abc": "application/x-www-form-urlencoded"} {
		request := httptest.NewRequest("POST", path, iotest.ErrReader(os.ErrDeadlineExceeded))
		request.Header.Set("X-API-Key", apitest.KeyOf("run"))
		request.Header.Set("Content-Type", media)
		recorder := httptest.NewRecorder()
		apitest.WithKeys(t, apitest.Temporal()).ServeHTTP(recorder, request)
		require.Equal(t, 408, recorder.Code, "%s: %s", path, recorder.Body)
	}
}

// A lock of an earlier run under a reused workflow id is answered as after the run has closed,
// whether or not the newest one runs.
func TestLockOfEarlierRun(t *testing.T) {
	t.Parallel()
	lock := func(token string, removed latch.Time) latch.Record {
		return latch.Record{RunID: "run-0", Lock: &latch.RecordLock{Token: token, RemovedBy: "ann", RemovedAt: removed}}
	}
	f := apitest.Running("release-1", apitest.Always([]latch.Record{lock("release-1:board:new", latch.Time{})}, nil), nil)
	f.RunIDs = func(int) string { return "run-0" }
	f.Add("release-1", latch.WorkflowRelease, enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED).Answer = apitest.Always(
		[]latch.Record{lock("release-1:board:abc", latch.NewTime(apitest.Fixed)), lock("release-1:board:open", latch.Time{})}, nil)
	for name, err := range map[string]error{
		"while the newest runs":      temporal.NewNonRetryableApplicationError("no such lock", latch.ErrorUnknownLock, nil),
		"once the newest has closed": serviceerror.NewNotFound("workflow execution already completed"),
	} {
		f.Runs[0].Update = apitest.AlwaysUpdated(nil, err)
		handler := apitest.WithKeys(t, f)
		got := apitest.Call(handler, "POST", removal, "", "X-API-Key", "lock")
		require.Equal(t, 200, got.Code, "%s: %s", name, got.Body)
		require.Contains(t, got.Body.String(), `"run_id":"run-0"`)
		late := apitest.ProblemOf(t, apitest.Call(handler, "POST", "/latch/v1/locks/release-1:board:open/release", "", "X-API-Key", "lock"), 409)
		require.Equal(t, "run-0", late.RunID, name)
	}
	require.Equal(t, 200, apitest.Call(apitest.WithKeys(t, f), "GET", "/latch/v1/locks/release-1:board:abc", "", "X-API-Key", "read").Code)
	asked := slices.DeleteFunc(slices.Clone(f.Queries), func(query string) bool { return query != "WorkflowId = 'release-1'" })
	require.Len(t, asked, 5, "looked for once each: %v", f.Queries)
}
