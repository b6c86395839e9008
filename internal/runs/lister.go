package runs

import (
	"context"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"github.com/latch-run/latch/internal/overload"
)

const (
	// serverTimeout is how long Temporal may take for one answer.
	serverTimeout = 5 * time.Second
	// partTimeout is how long a part may be gathered for before it ends with
	// what it has.
	partTimeout = 15 * time.Second
)

// Client is what is needed of a Temporal client.
type Client interface {
	WorkflowService() workflowservice.WorkflowServiceClient
	ListWorkflow(ctx context.Context, request *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error)
	QueryWorkflow(ctx context.Context, workflowID, runID, queryType string, args ...any) (converter.EncodedValue, error)
}

// Options is what a lister goes by.
type Options struct {
	Client    Client
	Namespace string
	// DataConverter is the client's; the default one unless given.
	DataConverter converter.DataConverter
}

// A Lister lists the runs of a namespace. It holds no state, and is safe for
// concurrent use.
type Lister struct {
	temporal  Client
	namespace string
	converter converter.DataConverter
}

// New returns a lister over a client that the caller keeps.
func New(options Options) *Lister {
	l := &Lister{temporal: options.Client, namespace: options.Namespace, converter: options.DataConverter}
	if l.converter == nil {
		l.converter = converter.GetDefaultDataConverter()
	}
	return l
}

// Page returns a page of Temporal's list of runs: those that run come first, the
// newest of them first, then those that closed, the last closed first. It tries
// again what Temporal refuses under load.
func (l *Lister) Page(ctx context.Context, query string, size int, token []byte) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, partTimeout)
	defer cancel()
	request := &workflowservice.ListWorkflowExecutionsRequest{Namespace: l.namespace, Query: query, PageSize: int32(size), NextPageToken: token}
	return overload.Again(ctx, func(ctx context.Context) (*workflowservice.ListWorkflowExecutionsResponse, error) {
		ctx, cancel := context.WithTimeout(ctx, serverTimeout)
		defer cancel()
		return l.temporal.ListWorkflow(ctx, request)
	})
}
