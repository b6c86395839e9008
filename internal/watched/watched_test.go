package watched

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/runs"
)

// A watch only lists the endings to which a webhook listens.
func TestQuery(t *testing.T) {
	t.Parallel()
	query := func(events ...string) string {
		return Query("A = 'b' OR C = 'd'", func(event string) bool { return strings.Contains(strings.Join(events, " "), event) })
	}
	require.Empty(t, query())
	listed := query(latch.EventWorkflowTimedOut, latch.EventWorkflowContinued)
	require.True(t, strings.HasPrefix(listed, "(A = 'b' OR C = 'd') AND ExecutionStatus IN ('TimedOut', 'ContinuedAsNew') AND WorkflowType NOT IN ("), listed)
	require.Contains(t, listed, "'latch.WatchNotice'")
}

// No watch reports Latch's own workflows, and it reports any other workflow, whatever its id.
func TestTakes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		kind, id string
		takes    bool
	}{
		{"Order", "order-1", true}, {"Order", "latch-door", true}, {"Order", "job-1", true},
		{latch.WorkflowJobRun, "job-1", true}, {latch.WorkflowRelease, "release-1", true}, {latch.WorkflowEmit, "emit-1", true},
		{latch.WorkflowEmit, "operator-dlv_abc", false}, {latch.WorkflowEmit, "latch-endpoint-latch/w/1/ENDPOINT_FAILING-5", false},
		{latch.WorkflowDeliver, "deliver-dlv_abc", false}, {latch.WorkflowWatchNotice, "latch-told-a-1", false},
		{latch.WorkflowWatch, "latch-watch-a", false},
		{latch.WorkflowTrigger, "latch-trigger-a", false}, {latch.WorkflowStartOnce, "anything", false},
		{latch.WorkflowEvidence, "anything", false}, {latch.WorkflowAudit, "anything", false},
	} {
		run := &workflowpb.WorkflowExecutionInfo{Type: &commonpb.WorkflowType{Name: test.kind},
			Status:    enumspb.WORKFLOW_EXECUTION_STATUS_FAILED,
			Execution: &commonpb.WorkflowExecution{WorkflowId: test.id}}
		require.Equal(t, test.takes, Takes(run), "%s %s", test.kind, test.id)
		run.Status = enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
		require.False(t, Takes(run))
	}
}

// The contract names the workflows that no watch finds.
func TestTheContractNamesWhatIsNeverFound(t *testing.T) {
	t.Parallel()
	contract, err := os.ReadFile("../../docs/contract.md")
	require.NoError(t, err)
	_, after, is := strings.Cut(string(contract), "Never found are the workflows by which Latch does its own work: ")
	require.True(t, is)
	named, _, _ := strings.Cut(after, ", and events")
	want := slices.Sorted(slices.Values(own))
	require.Equal(t, "`"+strings.Join(want, "`, `")+"`", named)
}

func plain(json string) *commonpb.Payload {
	return &commonpb.Payload{Metadata: map[string][]byte{"encoding": []byte("json/plain")}, Data: []byte(json)}
}

// Receivers see the memo fields and search attributes that are plain JSON and fit, without
// credentials, and nothing that was encrypted.
func TestFields(t *testing.T) {
	t.Parallel()
	encrypted := &commonpb.Payload{Metadata: map[string][]byte{"encoding": []byte("binary/encrypted")}, Data: []byte("hunter2")}
	run := &workflowpb.WorkflowExecutionInfo{
		Status: enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED,
		SearchAttributes: &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{
			"Customer": plain(`"ada"`), "Total": plain(`12.50`), "ApiKey": plain(`"hunter2"`)}},
		Memo: &commonpb.Memo{Fields: map[string]*commonpb.Payload{
			"note":          plain(`{"text": "<b>", "login": {"password": "hunter2", "user": "ada"}, "list": [{"token": "hunter2"}]}`),
			"link":          plain(`"https://ada:hunter2@example.com/?token=hunter2"`),
			"nothing":       {Metadata: map[string][]byte{"encoding": []byte("binary/null")}},
			"broken":        plain(`{"a`),
			"encrypted":     encrypted,
			"large":         plain(`"` + strings.Repeat("x", 9000) + `"`),
			latch.MemoLocks: plain(`[{"token":"hunter2"}]`),
		}},
	}
	reader := Reader{Runs: runs.New(runs.Options{Service: func() workflowservice.WorkflowServiceClient { return nil },
		Namespace: "default"})}
	closes, err := reader.Closes(t.Context(), "w", []*workflowpb.WorkflowExecutionInfo{run})
	require.NoError(t, err)
	require.JSONEq(t, `{"Customer":"ada","Total":12.50,"ApiKey":"***"}`, string(rawjson.Encode(closes[0].SearchAttributes)))
	require.Equal(t, `12.50`, string(closes[0].SearchAttributes["Total"]), "digits stay")
	require.JSONEq(t, `{"note":{"text":"<b>","login":{"password":"***","user":"ada"},"list":[{"token":"***"}]},
		"link":"https://***@example.com/?token=***","nothing":null}`, string(rawjson.Encode(closes[0].Memo)))
	require.ElementsMatch(t, []string{"memo.broken", "memo.encrypted", "memo.large"}, closes[0].Omitted)
	require.NotContains(t, string(rawjson.Encode(closes[0])), "hunter2")
}

// A server answers with the last event of a run.
type server struct {
	workflowservice.WorkflowServiceClient
	answer func(workflowID string) (*historypb.HistoryEvent, error)
}

func (s server) GetWorkflowExecutionHistory(_ context.Context,
	request *workflowservice.GetWorkflowExecutionHistoryRequest,
	_ ...grpc.CallOption) (*workflowservice.GetWorkflowExecutionHistoryResponse, error) {
	event, err := s.answer(request.GetExecution().GetWorkflowId())
	return &workflowservice.GetWorkflowExecutionHistoryResponse{History: &historypb.History{Events: []*historypb.HistoryEvent{event}}}, err
}

// The server is asked why a run ended. A run whose history is gone is reported without that. If
// the server does not answer, nothing is reported, and the worker retries.
func TestFailures(t *testing.T) {
	t.Parallel()
	failed := &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
		Attributes: &historypb.HistoryEvent_WorkflowExecutionFailedEventAttributes{WorkflowExecutionFailedEventAttributes: &historypb.WorkflowExecutionFailedEventAttributes{
			Failure: &failurepb.Failure{Message: strings.Repeat("m", 9000),
				FailureInfo: &failurepb.Failure_ApplicationFailureInfo{ApplicationFailureInfo: &failurepb.ApplicationFailureInfo{Type: "OutOfStock"}}}}}}
	reader := Reader{UI: "https://ui.example.com/", Runs: runs.New(runs.Options{Namespace: "shop",
		Service: func() workflowservice.WorkflowServiceClient {
			return server{answer: func(id string) (*historypb.HistoryEvent, error) {
				switch id {
				case "gone":
					return nil, serviceerror.NewNotFound("no such run")
				case "silent":
					return nil, serviceerror.NewUnavailable("no answer")
				default:
					return failed, nil
				}
			}}
		}})}
	run := func(id string) *workflowpb.WorkflowExecutionInfo {
		return &workflowpb.WorkflowExecutionInfo{Execution: &commonpb.WorkflowExecution{WorkflowId: id, RunId: "run"},
			Type:   &commonpb.WorkflowType{Name: "Order"},
			Status: enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, TaskQueue: "q", StartTime: timestamppb.New(time.Unix(100, 600_000)),
			CloseTime:       timestamppb.New(time.Unix(101, 5_400_000)),
			ParentExecution: &commonpb.WorkflowExecution{WorkflowId: "parent", RunId: "p"}}
	}
	closes, err := reader.Closes(t.Context(), "w", []*workflowpb.WorkflowExecutionInfo{run("gone"), run("a b")})
	require.NoError(t, err)
	require.Equal(t, "not known: no such run", closes[0].Failure.Message)
	require.Equal(t, "OutOfStock", closes[1].Failure.Type)
	require.Len(t, closes[1].Failure.Message, longestMessage+len("…"))
	require.Equal(t, "https://ui.example.com/namespaces/shop/workflows/a%20b/run/history", closes[1].URL)
	require.EqualValues(t, 1005, closes[1].DurationMS)
	require.Equal(t, &latch.CloseParent{WorkflowID: "parent", RunID: "p"}, closes[1].Parent)
	_, err = reader.Closes(t.Context(), "w", []*workflowpb.WorkflowExecutionInfo{run("gone"), run("silent")})
	require.ErrorContains(t, err, `ask why workflow "silent" ended`)
}
