package api_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api/apitest"
	"github.com/latch-run/latch/internal/runs/runstest"
)

const auditHook = `{"id":"audit","url":"https://audit.example.com/","when":"instance.size() == 0",
	"events":[{"event":"JOB_SUCCESS"},{"event":"RELEASE_FAILURE","body":{"down":true}}]}`

// Registered webhooks are created, shown, listed, replaced, disabled and deleted with only
// HTTP, and each kind of refusal has its own status.
func TestRegisteredWebhooks(t *testing.T) {
	t.Parallel()
	handler := apitest.WithKeys(t, apitest.Temporal())
	as := func(method, path, body string) (int, latch.RegisteredWebhook) {
		got := apitest.Call(handler, method, "/latch/v1/webhooks"+path, body, "X-API-Key", "admin")
		var webhook latch.RegisteredWebhook
		if got.Code == 200 || got.Code == 201 {
			require.NoError(t, json.Unmarshal(got.Body.Bytes(), &webhook))
		}
		return got.Code, webhook
	}
	require.JSONEq(t, `{"webhooks":[]}`, apitest.Call(handler, "GET", "/latch/v1/webhooks", "", "X-API-Key", "read").Body.String())
	created := apitest.Call(handler, "POST", "/latch/v1/webhooks", auditHook, "X-API-Key", "admin")
	require.Equal(t, 201, created.Code, created.Body)
	require.Equal(t, "/latch/v1/webhooks/audit", created.Header().Get("Location"))
	status, _ := as("POST", "", auditHook)
	require.Equal(t, 409, status)
	status, kept := as("GET", "/audit", "")
	require.Equal(t, 200, status)
	require.Equal(t, "instance.size() == 0", kept.When)
	require.Len(t, kept.Events, 2)
	require.False(t, kept.CreatedAt.IsZero())

	status, disabled := as("POST", "/audit/disable", "")
	require.Equal(t, 200, status)
	require.False(t, disabled.IsEnabled())
	require.Len(t, disabled.Events, 2, "the rest stays")
	status, enabled := as("POST", "/audit/enable", "")
	require.Equal(t, 200, status)
	require.True(t, enabled.IsEnabled())
	given, err := json.Marshal(enabled)
	require.NoError(t, err)
	status, again := as("PUT", "/audit", string(given))
	require.Equal(t, 200, status, "what was answered is taken back")
	require.Equal(t, kept.CreatedAt, again.CreatedAt)

	status, put := as("PUT", "/audit", `{"url":"https://other.example.com/","event":"JOB_FAILURE"}`)
	require.Equal(t, 200, status)
	require.Equal(t, "JOB_FAILURE", put.Event)
	require.Empty(t, put.When, "the whole webhook is replaced")
	status, put = as("PUT", "/pager", `{"url":"https://pager.example.com/","event":"JOB_FAILURE"}`)
	require.Equal(t, 200, status)
	require.Equal(t, "pager", put.ID)
	list := apitest.Call(handler, "GET", "/latch/v1/webhooks", "", "X-API-Key", "read").Body.String()
	require.Less(t, strings.Index(list, `"audit"`), strings.Index(list, `"pager"`))

	require.Equal(t, 204, apitest.Call(handler, "DELETE", "/latch/v1/webhooks/audit", "", "X-API-Key", "admin").Code)
	for _, missing := range []struct{ method, path string }{
		{"GET", "/audit"}, {"DELETE", "/audit"}, {"POST", "/audit/enable"}, {"POST", "/audit/disable"},
	} {
		status, _ := as(missing.method, missing.path, "")
		require.Equal(t, 404, status, missing)
	}
}

// Contract, "HTTP API": 422 names every wrong field. Changing a webhook requires the role
// admin.
func TestRegisteredWebhookRefusals(t *testing.T) {
	t.Parallel()
	f := apitest.Temporal()
	handler := apitest.WithKeys(t, f)
	for _, test := range []struct {
		name, method, path, body string
		fields                   []string
	}{
		{"unknown key", "POST", "", `{"id":"a","url":"https://x.example/","event":"JOB_START","uri":""}`, []string{"body.uri"}},
		{"all at once", "POST", "", `{"id":"a:b","event":"JOB_STRAT","when":"1 +"}`, []string{"body.id", "body.event", "body.when"}},
		{"of no type", "POST", "", `{"id":"a","url":"https://x.example/","event":"JOB_START","when":"'yes'"}`, []string{"body.when"}},
		{"without an id", "POST", "", `{"url":"https://x.example/","event":"JOB_START"}`, []string{"body.id"}},
		{"another id", "PUT", "/b", `{"id":"a","url":"https://x.example/","event":"JOB_START"}`, []string{"body.id"}},
		{"a path that is no id", "PUT", "/a:b", `{"url":"https://x.example/","event":"JOB_START"}`, []string{"body.id"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := apitest.ProblemOf(t, apitest.Call(handler, test.method, "/latch/v1/webhooks"+test.path, test.body, "X-API-Key", "admin"), 422)
			var fields []string
			for _, each := range got.Errors {
				fields = append(fields, each.Location)
			}
			require.Subset(t, fields, test.fields, got.Detail)
		})
	}
	apitest.ProblemOf(t, apitest.Call(handler, "POST", "/latch/v1/webhooks", "{", "X-API-Key", "admin"), 400)
	for _, route := range []struct{ method, path, body string }{
		{"POST", "", auditHook}, {"PUT", "/audit", auditHook}, {"DELETE", "/audit", ""}, {"POST", "/audit/enable", ""},
		{"POST", "/audit/disable", ""},
	} {
		apitest.ProblemOf(t, apitest.Call(handler, route.method, "/latch/v1/webhooks"+route.path, route.body, "X-API-Key", "run"), 403)
	}
	require.Empty(t, f.Schedules.Kept)
}

// jobsRunning is a Temporal with the given number of running jobs, which give the same answer.
func jobsRunning(n int, answer func(workflowID string) (any, error)) *runstest.Temporal {
	temporal := apitest.Temporal()
	for i := range n {
		id := fmt.Sprint("job-", i)
		temporal.Add(id, latch.WorkflowJobRun, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING).Answer = func(string) (any, error) { return answer(id) }
	}
	return temporal
}

// A history across runs takes bounded work, however many runs are open: it reports that it left
// some out. Readers get no link that removes locks.
func TestWebhookHistoryIsBounded(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	temporal := jobsRunning(5000, func(workflowID string) (any, error) {
		number := asked.Add(1)
		return []latch.Record{{DeliveryID: workflowID, RunID: fmt.Sprint(number), StartedAt: latch.NewTime(apitest.Fixed),
			Lock: &latch.RecordLock{Token: "t", URL: "https://x/locks/t?link=s"}}}, nil
	})
	handler := apitest.WithKeys(t, temporal)
	got := apitest.Call(handler, "GET", "/latch/v1/webhooks/it's/history?event=JOB_START&limit=3", "", "X-API-Key", "read")
	require.Equal(t, 200, got.Code, got.Body)
	var history struct {
		Records    []latch.Record
		Incomplete bool
		NextCursor string `json:"next_cursor"`
	}
	require.NoError(t, json.Unmarshal(got.Body.Bytes(), &history))
	require.Equal(t, `LatchWebhooks = 'it\'s:JOB_START'`, temporal.Queries[0])
	require.True(t, history.Incomplete)
	require.Len(t, history.Records, 3)
	require.NotEmpty(t, history.NextCursor)
	require.EqualValues(t, 500, asked.Load())
	require.Equal(t, "https://x/locks/t", history.Records[0].Lock.URL)
}

// Contract, "HTTP API": the answer is 503 if no worker answers for a run. A run that no longer
// exists, or has no history, has no records.
func TestWebhookHistoryOfSilentRuns(t *testing.T) {
	t.Parallel()
	for status, err := range map[int]error{
		503: serviceerror.NewDeadlineExceeded("no poller"),
		200: serviceerror.NewNotFound("gone"),
	} {
		handler := apitest.WithKeys(t, jobsRunning(2, func(string) (any, error) { return nil, err }))
		got := apitest.Call(handler, "GET", "/latch/v1/webhooks/audit/history", "", "X-API-Key", "read")
		require.Equal(t, status, got.Code, got.Body)
	}
}
