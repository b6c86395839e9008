package api_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api/apitest"
)

const removal = "/latch/v1/locks/release-1:board:abc/release"

// Contract, "HTTP API": the answers of Temporal and of runs, each with its own status, as a
// problem document.
func TestStatuses(t *testing.T) {
	t.Parallel()
	application := func(kind string) error { return temporal.NewNonRetryableApplicationError("told why", kind, nil) }
	for _, test := range []struct {
		name   string
		err    error
		status int
	}{
		{"unknown lock", application(latch.ErrorUnknownLock), 404},
		{"too late", application(latch.ErrorTooLate), 409},
		{"invalid argument", application(latch.ErrorInvalidArgument), 422},
		{"out of reach", serviceerror.NewUnavailable("down"), 503},
		{"no answer", serviceerror.NewDeadlineExceeded("slow"), 503},
		{"no worker answers", client.NewWorkflowUpdateServiceTimeoutOrCanceledError(errors.New("slow")), 503},
		{"not permitted", serviceerror.NewPermissionDenied("no", ""), 503},
		{"not known to Temporal", status.Error(codes.Unauthenticated, "who?"), 503},
		{"no namespace", serviceerror.NewNamespaceNotFound("shop"), 503},
		{"refused", serviceerror.NewInvalidArgument("bad"), 422},
		{"anything else", errors.New("secret of the house"), 500},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			handler := apitest.WithKeys(t, apitest.Running("release-1", nil, apitest.AlwaysUpdated(nil, test.err)))
			got := apitest.ProblemOf(t, apitest.Call(handler, "POST", removal, "", "X-API-Key", "lock"), test.status)
			require.NotContains(t, got.Detail, "secret of the house")
		})
	}
	apitest.ProblemOf(t, apitest.Call(apitest.WithKeys(t, apitest.Temporal()), "POST", removal, "", "X-API-Key", "lock"), 404)
	down := apitest.Call(apitest.WithKeys(t,
		apitest.Running("release-1", nil, apitest.AlwaysUpdated(nil, serviceerror.NewUnavailable("down")))),
		"POST", removal, "", "X-API-Key", "lock")
	require.Equal(t, "5", down.Header().Get("Retry-After"))
}

// An update that Temporal refuses under load is tried again, as the same one.
func TestUpdateUnderLoad(t *testing.T) {
	t.Parallel()
	refusals := 3
	f := apitest.Running("release-1", nil, func(client.UpdateWorkflowOptions) (any, error) {
		if refusals--; refusals >= 0 {
			return nil, serviceerror.NewResourceExhausted(enumspb.RESOURCE_EXHAUSTED_CAUSE_CONCURRENT_LIMIT, "too many updates")
		}
		return latch.Record{DeliveryID: "dlv_1"}, nil
	})
	got := apitest.Call(apitest.WithKeys(t, f), "DELETE", removal, `{"reason":"ok","by":"mallory"}`, "X-API-Key", "lock")
	require.Equal(t, 200, got.Code, got.Body)
	require.Len(t, f.Updates, 4)
	for _, each := range f.Updates {
		require.Equal(t, f.Updates[0].UpdateID, each.UpdateID)
		require.True(t, strings.HasPrefix(each.UpdateID, "api-key-"), each.UpdateID)
		require.Equal(t, "release-1", each.WorkflowID)
		require.Equal(t, latch.LockRelease{Lock: "release-1:board:abc", By: "board", Reason: "ok"}, each.Args[0])
	}
}

// Contract, "Blocking and locks": once the run has closed, a used lock answers with its record,
// and any other request is 409.
func TestClosedRun(t *testing.T) {
	t.Parallel()
	used := latch.Record{DeliveryID: "dlv_1",
		Lock: &latch.RecordLock{Token: "release-1:board:abc", RemovedBy: "ann", RemovedAt: latch.NewTime(apitest.Fixed)}}
	open := latch.Record{DeliveryID: "dlv_2", Lock: &latch.RecordLock{Token: "release-1:board:open"}}
	handler := apitest.WithKeys(t, apitest.Running("release-1", apitest.Always([]latch.Record{used, open}, nil), nil))
	got := apitest.Call(handler, "POST", removal, "", "X-API-Key", "lock")
	require.Equal(t, 200, got.Code, got.Body)
	require.Contains(t, got.Body.String(), `"removed_by":"ann"`)
	require.Contains(t, got.Body.String(), `"unchanged":true`)
	other := apitest.ProblemOf(t, apitest.Call(handler, "POST", removal, `{"result":"fail"}`, "X-API-Key", "lock"), 409)
	require.Contains(t, other.Detail, "by ann with the result pass, and this asks for fail")
	require.Equal(t, "dlv_1", other.Record.DeliveryID, "the record that stands comes along")
	require.Empty(t, other.WorkflowID)
	for _, token := range []string{"release-1:board:open", "release-1:board:never"} {
		late := apitest.ProblemOf(t, apitest.Call(handler, "POST", "/latch/v1/locks/"+token+"/release", "", "X-API-Key", "lock"), 409)
		require.Equal(t, "release-1", late.WorkflowID)
	}
	apitest.ProblemOf(t, apitest.Call(handler, "POST", "/latch/v1/locks/release-2:board:abc/release", "", "X-API-Key", "lock"), 404)
}

// Contract, "Blocking and locks": a run's refusal about a used lock is 409, with the record
// that stands.
func TestSecondRemoval(t *testing.T) {
	t.Parallel()
	used := latch.Record{DeliveryID: "dlv_1",
		Lock: &latch.RecordLock{Token: "release-1:board:abc", RemovedBy: "ann", RemovedAt: latch.NewTime(apitest.Fixed)}}
	for name, each := range map[string]struct {
		answer any
		err    error
		status int
		says   string
	}{
		"the same":  {latch.Released{Record: used, Unchanged: true}, nil, 200, `"unchanged":true`},
		"the first": {latch.Released{Record: used}, nil, 200, `"delivery_id":"dlv_1"`},
		"another one": {nil,
			temporal.NewNonRetryableApplicationError("the lock was removed by ann", latch.ErrorTooLate, nil, used), 409,
			`"record":{"delivery_id":"dlv_1"`},
		"too late for something else": {nil,
			temporal.NewNonRetryableApplicationError("BEFORE_RELEASE is decided", latch.ErrorTooLate, nil), 409, `"BEFORE_RELEASE is decided"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			handler := apitest.WithKeys(t, apitest.Running("release-1", nil, apitest.AlwaysUpdated(each.answer, each.err)))
			got := apitest.Call(handler, "POST", removal, `{"result":"pass"}`, "X-API-Key", "lock")
			require.Equal(t, each.status, got.Code, got.Body)
			require.Contains(t, got.Body.String(), each.says)
			require.Equal(t, name == "the same", strings.Contains(got.Body.String(), "unchanged"), got.Body)
		})
	}
}

// Contract, "HTTP API": 409 names the run that is running already.
func TestStartConflict(t *testing.T) {
	t.Parallel()
	f := apitest.Running("release-shop", nil, nil)
	f.Runs[0].Info.Execution.RunId = "run-0"
	const release = `{"id":"shop","steps":[{"name":"a","do":{"http":{"url":"https://example.com/"}}}]}`
	got := apitest.ProblemOf(t, apitest.Call(apitest.WithKeys(t, f), "POST", "/latch/v1/releases", release, "X-API-Key", "run"), 409)
	require.Equal(t, "release-shop", got.WorkflowID)
	require.Equal(t, "run-0", got.RunID)
	require.JSONEq(t, release, string(f.Refused[0].GetInput().GetPayloads()[0].GetData()), "the run gets the body as it came")
}

// The list of locks reads memos page by page, and continues if runs have none.
func TestListLocks(t *testing.T) {
	t.Parallel()
	temporal := apitest.Temporal()
	for _, each := range []struct {
		id, workflow string
		locks        []latch.OpenLock
	}{
		{"none", latch.WorkflowRelease, nil},
		{"two", latch.WorkflowRelease, []latch.OpenLock{{Token: "two:a:1", URL: "https://x/locks/1?link=s"}, {Token: "two:b:2"}}},
		{"three", latch.WorkflowRelease, []latch.OpenLock{{Token: "three:a:3"}}},
		{"own", "shop.Deploy", []latch.OpenLock{{Token: "own:a:1"}}},
	} {
		run := temporal.Add(each.id, each.workflow, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING)
		if each.locks != nil {
			run.WaitsFor(each.locks...)
		}
	}
	handler := apitest.WithKeys(t, temporal)
	tokens, urls, page := []string{}, []string{}, ""
	for i := 0; i == 0 || page != ""; i++ {
		parameter := []string{"page", "cursor"}[i%2] // page is how it was called before
		got := apitest.Call(handler, "GET", "/latch/v1/locks?limit=1&"+parameter+"="+page, "", "X-API-Key", "read")
		require.Equal(t, 200, got.Code, got.Body)
		var list struct {
			Locks      []struct{ Token, URL string }
			Next       string
			NextCursor string `json:"next_cursor"`
		}
		require.NoError(t, json.Unmarshal(got.Body.Bytes(), &list))
		for _, lock := range list.Locks {
			tokens, urls = append(tokens, lock.Token), append(urls, lock.URL)
		}
		page = list.NextCursor
		require.Equal(t, page, list.Next)
		require.Less(t, i, 5)
	}
	require.Equal(t, []string{"two:a:1", "two:b:2", "three:a:3", "own:a:1"}, tokens, "those of users' own workflows come last")
	require.Equal(t, "https://x/locks/1", urls[0], "a reader gets no link that removes locks")
	apitest.ProblemOf(t, apitest.Call(handler, "GET", "/latch/v1/locks?limit=0", "", "X-API-Key", "read"), 422)
	apitest.ProblemOf(t, apitest.Call(handler, "GET", "/latch/v1/locks?page=*", "", "X-API-Key", "read"), 422)
	apitest.ProblemOf(t, apitest.Call(handler, "GET", "/latch/v1/locks?page=_w", "", "X-API-Key", "read"), 422)
}
