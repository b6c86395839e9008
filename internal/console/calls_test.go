package console_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/grpc"

	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/console"
	"github.com/latch-run/latch/internal/lockpage"
	"github.com/latch-run/latch/internal/mitto/mittoapi"
)

// A counted is a world that counts the requests to Temporal and its workers.
type counted struct {
	*world
	calls *atomic.Int64
}

func (c counted) ListWorkflow(ctx context.Context,
	request *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	c.calls.Add(1)
	return c.world.ListWorkflow(ctx, request)
}

func (c counted) QueryWorkflow(ctx context.Context, workflowID, runID, name string, arguments ...any) (converter.EncodedValue, error) {
	c.calls.Add(1)
	return c.world.QueryWorkflow(ctx, workflowID, runID, name, arguments...)
}

func (c counted) DescribeWorkflowExecution(ctx context.Context,
	workflowID, runID string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	c.calls.Add(1)
	return c.world.DescribeWorkflowExecution(ctx, workflowID, runID)
}

func (c counted) WorkflowService() workflowservice.WorkflowServiceClient {
	return countedService{c.world.WorkflowService(), c.calls}
}

type countedService struct {
	workflowservice.WorkflowServiceClient
	calls *atomic.Int64
}

func (s countedService) ListSchedules(ctx context.Context, request *workflowservice.ListSchedulesRequest,
	options ...grpc.CallOption) (*workflowservice.ListSchedulesResponse, error) {
	s.calls.Add(1)
	return s.WorkflowServiceClient.ListSchedules(ctx, request, options...)
}

func (s countedService) DescribeSchedule(ctx context.Context, request *workflowservice.DescribeScheduleRequest,
	options ...grpc.CallOption) (*workflowservice.DescribeScheduleResponse, error) {
	s.calls.Add(1)
	return s.WorkflowServiceClient.DescribeSchedule(ctx, request, options...)
}

func (s countedService) ListWorkflowExecutions(ctx context.Context, request *workflowservice.ListWorkflowExecutionsRequest,
	options ...grpc.CallOption) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	s.calls.Add(1)
	return s.WorkflowServiceClient.ListWorkflowExecutions(ctx, request, options...)
}

func (s countedService) CountWorkflowExecutions(ctx context.Context, request *workflowservice.CountWorkflowExecutionsRequest,
	options ...grpc.CallOption) (*workflowservice.CountWorkflowExecutionsResponse, error) {
	s.calls.Add(1)
	return s.WorkflowServiceClient.CountWorkflowExecutions(ctx, request, options...)
}

// A page of a long list asks Temporal and the workers for no more than the API's call
// behind it, however long the list is. How long it takes is measured by the
// benchmark BenchmarkConsole.
func TestALongListAsksNoMoreThanItsCall(t *testing.T) {
	t.Parallel()
	w, calls := newWorld(), new(atomic.Int64)
	handler, err := api.New(api.Options{Client: counted{w, calls}, Routes: []api.Routes{mittoapi.Routes(mittoapi.Options{}),
		lockpage.Routes(lockpage.Options{Inbox: true}), console.Routes(console.Options{Stop: t.Context()})}})
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	p := visitor(t, server.URL)
	for n := range 120 {
		p.registered(fmt.Sprintf(`{"id":"job-%d","name":"job-%d","type":"cmd","conf":{"cmd":"true"}}`, n, n))
		w.lost(t, fmt.Sprint("webhook-", n))
		w.goes(t, fmt.Sprint(n), "The shop")
		w.asks(fmt.Sprint("asks-", n), "DEPLOY")
	}
	for page, call := range map[string]string{
		"/":                                 "/latch/v1/locks?limit=1000",
		"/console/releases":                 "/latch/v1/releases?limit=50&count=true",
		"/console/gates":                    "/latch/v1/gates?limit=50&count=true",
		"/console/jobs":                     "/v2/jobs/search?limit=50&offset=0",
		"/console/jobs?offset=100":          "/v2/jobs/search?limit=50&offset=100",
		"/console/deliveries":               "/latch/v1/deliveries?limit=50",
		"/console/deliveries?job=books":     "/latch/v1/deliveries?limit=50&job=books",
		"/console/deliveries?failed=true":   "/latch/v1/deliveries?limit=50&failed=true",
		"/console/deliveries/statistics":    "/latch/v1/deliveries/statistics",
		"/console/webhooks":                 "/latch/v1/webhooks",
		"/console/releases?status=released": "/latch/v1/releases?limit=50&count=true&status=released",
	} {
		asked := func(path, accept string) int64 {
			before := calls.Load()
			got := p.send(http.MethodGet, path, "", "Accept", accept)
			require.Equal(t, http.StatusOK, got.status, "%s: %s", path, got.body)
			return calls.Load() - before
		}
		needed := asked(call, "application/json")
		require.Positive(t, needed, call)
		require.LessOrEqual(t, asked(page, "text/html"), needed, "%s asks more than %s", page, call)
	}
}
