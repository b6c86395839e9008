package deliveries

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"github.com/latch-run/latch/internal/overload"
)

// How long Temporal may take, and a worker that has to answer.
const (
	serverTimeout = 5 * time.Second
	workerTimeout = 15 * time.Second
)

// Client is what is needed of a Temporal client.
type Client interface {
	WorkflowService() workflowservice.WorkflowServiceClient
	DescribeWorkflowExecution(ctx context.Context, workflowID, runID string) (*workflowservice.DescribeWorkflowExecutionResponse, error)
	ListWorkflow(ctx context.Context, request *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error)
	QueryWorkflow(ctx context.Context, workflowID, runID, queryType string, args ...any) (converter.EncodedValue, error)
}

// Options is what a log goes by.
type Options struct {
	Client    Client
	Namespace string
	// DataConverter is the client's; the default one unless given.
	DataConverter converter.DataConverter
	// Identity is who Temporal records as having started a redelivery.
	Identity string
}

// A Log tells of a namespace's deliveries and sends them again. It holds no
// state, and is safe for concurrent use.
type Log struct {
	temporal  Client
	namespace string
	converter converter.DataConverter
	identity  string
}

// New makes a log over a client that the caller keeps.
func New(options Options) *Log {
	l := &Log{temporal: options.Client, namespace: options.Namespace, converter: options.DataConverter, identity: options.Identity}
	if l.converter == nil {
		l.converter = converter.GetDefaultDataConverter()
	}
	return l
}

// describe tells of a run, and what is under way in it; of the newest where
// runID is empty.
func (l *Log) describe(ctx context.Context, workflowID, runID string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, serverTimeout)
	defer cancel()
	return l.temporal.DescribeWorkflowExecution(ctx, workflowID, runID)
}

// query asks a run, for which a worker answers.
func (l *Log) query(ctx context.Context, run execution, name string, answer any, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, workerTimeout)
	defer cancel()
	value, err := overload.Again(ctx, func(ctx context.Context) (converter.EncodedValue, error) {
		return l.temporal.QueryWorkflow(ctx, run.GetWorkflowId(), run.GetRunId(), name, args...)
	})
	if err != nil {
		return err
	}
	return value.Get(answer)
}

// An execution names a run; the newest where the run's id is empty.
type execution interface {
	GetWorkflowId() string
	GetRunId() string
}

// list gives a part of Temporal's list of runs.
func (l *Log) list(ctx context.Context, query string, limit int, page []byte) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, workerTimeout)
	defer cancel()
	return overload.Again(ctx, func(ctx context.Context) (*workflowservice.ListWorkflowExecutionsResponse, error) {
		ctx, cancel := context.WithTimeout(ctx, serverTimeout)
		defer cancel()
		return l.temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: l.namespace, Query: query, PageSize: int32(limit), NextPageToken: page})
	})
}

// read decodes a payload of JSON, decrypted where it is encrypted.
func (l *Log) read(payload *commonpb.Payload, into any) error {
	var raw converter.RawValue
	if err := l.converter.FromPayload(payload, &raw); err != nil {
		return err
	}
	return json.Unmarshal(raw.Payload().GetData(), into)
}

func runOf(info *workflowpb.WorkflowExecutionInfo) execution { return info.GetExecution() }

func isNotFound(err error) bool {
	var notFound *serviceerror.NotFound
	return errors.As(err, &notFound)
}

// hasNoRecords tells of a query that a run is gone, or knows no history: the
// text is that of the SDKs, which have no type for it.
func hasNoRecords(err error) bool {
	var query *serviceerror.QueryFailed
	return isNotFound(err) || errors.As(err, &query) && strings.HasPrefix(strings.ToLower(query.Message), "unknown query")
}
