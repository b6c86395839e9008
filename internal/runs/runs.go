package runs

import (
	"context"
	"sync/atomic"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"github.com/latch-run/latch/internal/overload"
)

const (
	// serverTimeout bounds one call to Temporal.
	serverTimeout = 5 * time.Second
	// workerTimeout bounds an answer from a worker, unless [Options] set
	// another limit, and retries of calls that Temporal rejects under load.
	workerTimeout = 15 * time.Second
	// partTimeout bounds how long a page is gathered before it ends with what
	// it has.
	partTimeout = 15 * time.Second
)

// Client is the part of a Temporal client that this package uses.
type Client interface {
	WorkflowService() workflowservice.WorkflowServiceClient
	DescribeWorkflowExecution(ctx context.Context, workflowID, runID string) (*workflowservice.DescribeWorkflowExecutionResponse, error)
	ListWorkflow(ctx context.Context, request *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error)
	QueryWorkflow(ctx context.Context, workflowID, runID, queryType string, args ...any) (converter.EncodedValue, error)
	UpdateWorkflow(ctx context.Context, options client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error)
}

// Options configure [Runs].
type Options struct {
	Client Client
	// Service returns Temporal's API. It is called for each request, so that a
	// client may connect later; if nil, it is the client's. Without a Client,
	// only starting runs and reading how they closed is possible.
	Service   func() workflowservice.WorkflowServiceClient
	Namespace string
	// DataConverter is the client's; if nil, the default one.
	DataConverter converter.DataConverter
	// Identity is what Temporal records as the starter of a run.
	Identity string
	// WorkerTimeout bounds an answer from a worker; 15 seconds if 0.
	WorkerTimeout time.Duration
	// Callbacks are those that [Runs.Start] starts runs with; nil for none.
	Callbacks Callbacks
}

// Callbacks make the completion callbacks of runs, by which Temporal's server says that a run has
// closed.
type Callbacks interface {
	// For returns the callbacks for a run of the workflow to start with, or none.
	For(workflowID string) []*commonpb.Callback
	// Answered is told whether the server took them: nil if it did, or else why it refused them.
	Answered(refused error)
}

// Runs are the runs of a namespace. The value is safe for concurrent use.
type Runs struct {
	temporal      Client
	service       func() workflowservice.WorkflowServiceClient
	namespace     string
	converter     converter.DataConverter
	identity      string
	workerTimeout time.Duration
	callbacks     Callbacks
	// lacked is when the namespace last lacked a search attribute of a start.
	lacked atomic.Pointer[time.Time]
}

// New returns the runs of a namespace. The caller keeps ownership of the
// client.
func New(options Options) *Runs {
	r := &Runs{temporal: options.Client, service: options.Service, namespace: options.Namespace,
		converter: options.DataConverter, identity: options.Identity, workerTimeout: options.WorkerTimeout,
		callbacks: options.Callbacks}
	if r.service == nil {
		r.service = options.Client.WorkflowService
	}
	if r.converter == nil {
		r.converter = converter.GetDefaultDataConverter()
	}
	if r.workerTimeout == 0 {
		r.workerTimeout = workerTimeout
	}
	return r
}

// Namespace returns the name of the namespace.
func (r *Runs) Namespace() string { return r.namespace }

// Page returns a page of Temporal's list of runs: running ones first, the
// newest first, then closed ones, the most recently closed first. It retries if
// Temporal is overloaded.
func (r *Runs) Page(ctx context.Context, query string, size int, token []byte) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, partTimeout)
	defer cancel()
	return withOpen(query, func(query string) (*workflowservice.ListWorkflowExecutionsResponse, error) {
		request := &workflowservice.ListWorkflowExecutionsRequest{Namespace: r.namespace, Query: query, PageSize: int32(size),
			NextPageToken: token}
		return again(ctx, func(ctx context.Context) (*workflowservice.ListWorkflowExecutionsResponse, error) {
			return r.temporal.ListWorkflow(ctx, request)
		})
	})
}

// again calls Temporal and retries while it is overloaded. Each try takes at
// most serverTimeout.
func again[T any](ctx context.Context, call func(context.Context) (T, error)) (T, error) {
	return overload.Again(ctx, func(ctx context.Context) (T, error) {
		ctx, cancel := context.WithTimeout(ctx, serverTimeout)
		defer cancel()
		return call(ctx)
	})
}
