package runs

import (
	"context"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"github.com/latch-run/latch/internal/overload"
)

const (
	// serverTimeout is how long Temporal may take for one answer.
	serverTimeout = 5 * time.Second
	// workerTimeout is how long a worker may take, unless [Options] say otherwise,
	// and Temporal with what it refuses under load.
	workerTimeout = 15 * time.Second
	// partTimeout is how long a part may be gathered for before it ends with
	// what it has.
	partTimeout = 15 * time.Second
)

// Client is what is needed of a Temporal client.
type Client interface {
	WorkflowService() workflowservice.WorkflowServiceClient
	DescribeWorkflowExecution(ctx context.Context, workflowID, runID string) (*workflowservice.DescribeWorkflowExecutionResponse, error)
	ListWorkflow(ctx context.Context, request *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error)
	QueryWorkflow(ctx context.Context, workflowID, runID, queryType string, args ...any) (converter.EncodedValue, error)
	UpdateWorkflow(ctx context.Context, options client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error)
}

// Options say whose runs are meant, and who calls.
type Options struct {
	Client Client
	// Service returns Temporal's API; it is asked at each call, so that a client
	// may connect later. The client's, unless given. Without a client, runs can be
	// started, and how they closed be read.
	Service   func() workflowservice.WorkflowServiceClient
	Namespace string
	// DataConverter is the client's; the default one unless given.
	DataConverter converter.DataConverter
	// Identity is who Temporal records as having started a run.
	Identity string
	// WorkerTimeout is how long a worker may take to answer; 15 seconds unless
	// given.
	WorkerTimeout time.Duration
}

// Runs are the runs of a namespace. The value holds no state, and is safe for
// concurrent use.
type Runs struct {
	temporal      Client
	service       func() workflowservice.WorkflowServiceClient
	namespace     string
	converter     converter.DataConverter
	identity      string
	workerTimeout time.Duration
}

// New returns the runs of a namespace over a client that the caller keeps.
func New(options Options) *Runs {
	r := &Runs{temporal: options.Client, service: options.Service, namespace: options.Namespace,
		converter: options.DataConverter, identity: options.Identity, workerTimeout: options.WorkerTimeout}
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

// Namespace returns the namespace whose runs they are.
func (r *Runs) Namespace() string { return r.namespace }

// Page returns a page of Temporal's list of runs: those that run come first, the
// newest of them first, then those that closed, the last closed first. It tries
// again what Temporal refuses under load.
func (r *Runs) Page(ctx context.Context, query string, size int, token []byte) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, partTimeout)
	defer cancel()
	request := &workflowservice.ListWorkflowExecutionsRequest{Namespace: r.namespace, Query: query, PageSize: int32(size), NextPageToken: token}
	return again(ctx, func(ctx context.Context) (*workflowservice.ListWorkflowExecutionsResponse, error) {
		return r.temporal.ListWorkflow(ctx, request)
	})
}

// again calls Temporal until it no longer refuses under load. Each try takes at
// most serverTimeout.
func again[T any](ctx context.Context, call func(context.Context) (T, error)) (T, error) {
	return overload.Again(ctx, func(ctx context.Context) (T, error) {
		ctx, cancel := context.WithTimeout(ctx, serverTimeout)
		defer cancel()
		return call(ctx)
	})
}
