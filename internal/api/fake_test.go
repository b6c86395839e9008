package api_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"google.golang.org/grpc"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/lockpage"
	"github.com/latch-run/latch/internal/mitto/mittoapi"
	"github.com/latch-run/latch/internal/runs/runstest"
)

// A fake is a Temporal that answers what a test tells it to. What is not told
// is not found.
type fake struct {
	client.Client

	mutex sync.Mutex
	// start, list, query and update answer in place of the server.
	start func(*workflowservice.StartWorkflowExecutionRequest) error
	list  func(*workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error)
	query func(workflowID, name string) (any, error)
	// queryRun answers for one run; an empty id is the newest.
	queryRun func(runID, name string) (any, error)
	update   func(client.UpdateWorkflowOptions) (any, error)
	// exists are the releases that can be described.
	exists []string
	// input is what they were started with.
	input string

	schedules schedules

	updates []client.UpdateWorkflowOptions
	starts  []*workflowservice.StartWorkflowExecutionRequest
}

func (f *fake) WorkflowService() workflowservice.WorkflowServiceClient { return service{fake: f} }

// A service is the fake's raw client.
type service struct {
	workflowservice.WorkflowServiceClient
	fake *fake
}

func (s service) StartWorkflowExecution(_ context.Context, request *workflowservice.StartWorkflowExecutionRequest, _ ...grpc.CallOption) (*workflowservice.StartWorkflowExecutionResponse, error) {
	f := s.fake
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.starts = append(f.starts, request)
	if f.start != nil {
		if err := f.start(request); err != nil {
			return nil, err
		}
	}
	return &workflowservice.StartWorkflowExecutionResponse{RunId: "run-1", Started: true}, nil
}

func (s service) GetWorkflowExecutionHistory(context.Context, *workflowservice.GetWorkflowExecutionHistoryRequest, ...grpc.CallOption) (*workflowservice.GetWorkflowExecutionHistoryResponse, error) {
	payloads, err := converter.GetDefaultDataConverter().ToPayloads(json.RawMessage(s.fake.input))
	return &workflowservice.GetWorkflowExecutionHistoryResponse{History: &historypb.History{Events: []*historypb.HistoryEvent{{
		Attributes: &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{
			WorkflowExecutionStartedEventAttributes: &historypb.WorkflowExecutionStartedEventAttributes{Input: payloads}}}}}}, err
}

func (f *fake) DescribeWorkflowExecution(_ context.Context, workflowID, runID string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	for _, id := range f.exists {
		if id == workflowID {
			return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{
				Execution: &commonpb.WorkflowExecution{WorkflowId: workflowID, RunId: "run-1"}, Status: enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING,
				Type: &commonpb.WorkflowType{Name: latch.WorkflowRelease}}}, nil
		}
	}
	return nil, serviceerror.NewNotFound("workflow not found for ID: " + workflowID)
}

func (f *fake) ListWorkflow(_ context.Context, request *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	if f.list == nil {
		return &workflowservice.ListWorkflowExecutionsResponse{}, nil
	}
	return f.list(request)
}

func (f *fake) QueryWorkflow(_ context.Context, workflowID, runID, name string, _ ...any) (converter.EncodedValue, error) {
	var answer any
	err := error(serviceerror.NewNotFound("workflow not found for ID: " + workflowID))
	switch {
	case f.query != nil:
		answer, err = f.query(workflowID, name)
	case f.queryRun != nil:
		answer, err = f.queryRun(runID, name)
	}
	if err != nil {
		return nil, err
	}
	return runstest.Value(answer)
}

func (f *fake) UpdateWorkflow(_ context.Context, options client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.updates = append(f.updates, options)
	if f.update == nil {
		return nil, serviceerror.NewNotFound("workflow execution already completed")
	}
	answer, err := f.update(options)
	return runstest.Update{Answer: answer, Err: err}, nil
}

// keyPadding makes a role's name long enough for a key.
const keyPadding = "-0123456789abcdef"

// keys are one of each role.
const keys = "ann=admin" + keyPadding + ",ci:run=run" + keyPadding + ",board:lock=lock" + keyPadding + ",eye:read=read" + keyPadding

// keyOf returns the key of a role.
func keyOf(role string) string { return role + keyPadding }

var roleAsKey = regexp.MustCompile(`^(admin|run|lock|read)$`)

var roleInQuery = regexp.MustCompile(`\bAPI_KEY=(admin|run|lock|read)\b`)

// newAPI returns an API with all its routes. Those that a test gives stand in
// for Mitto's and the page's.
func newAPI(t *testing.T, temporal *fake, options api.Options) http.Handler {
	t.Helper()
	options.Client = temporal
	if options.Routes == nil {
		options.Routes = allRoutes(mittoapi.Options{}, lockpage.Options{})
	}
	handler, err := api.New(options)
	require.NoError(t, err)
	return handler
}

func allRoutes(jobs mittoapi.Options, pages lockpage.Options) []api.Routes {
	return []api.Routes{mittoapi.Routes(jobs), lockpage.Routes(pages)}
}

// withRegistry returns all routes over registered jobs.
func withRegistry(jobs *fakeRegistry) []api.Routes {
	return allRoutes(mittoapi.Options{Registry: jobs}, lockpage.Options{})
}

func withKeys(t *testing.T, temporal *fake) http.Handler {
	t.Helper()
	parsed, err := api.ParseKeys(keys)
	require.NoError(t, err)
	return newAPI(t, temporal, api.Options{Keys: parsed})
}

// call sends a request with headers given as name and value in turn. A role's
// name as X-API-Key or ?API_KEY= stands for the key of that role.
func call(handler http.Handler, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(method, roleInQuery.ReplaceAllString(target, "API_KEY=$1"+keyPadding), strings.NewReader(body))
	request.Host = "127.0.0.1:7127"
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Host" {
			request.Host = headers[i+1]
			continue
		}
		value := headers[i+1]
		if headers[i] == "X-API-Key" {
			value = roleAsKey.ReplaceAllString(value, "$1"+keyPadding)
		}
		request.Header.Set(headers[i], value)
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	return recorder
}
