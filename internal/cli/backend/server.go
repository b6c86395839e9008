package backend

import (
	"context"
	"time"

	"github.com/google/uuid"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/runs"
)

// A Server answers questions about a Temporal server itself.
type Server interface {
	// Version returns the server's version.
	Version(ctx context.Context) (string, error)
	// Clock compares the server's clock with this machine's.
	Clock(ctx context.Context) (*Clock, error)
	// Rates returns how attempts of webhooks with a rate are dispatched for a task queue.
	Rates(ctx context.Context, queue string) (*Rates, error)
	// Namespace returns the name of the namespace in use.
	Namespace() string
	// DescribeNamespace returns the settings of the namespace.
	DescribeNamespace(ctx context.Context) (*Namespace, error)
	// SearchAttributes returns the types of the search attributes that exist.
	SearchAttributes(ctx context.Context) (map[string]enumspb.IndexedValueType, error)
	// TakesCallback returns an error if the server starts no runs with the completion callback. It
	// asks by a start that the server refuses in any case, since the workflow of the watch is there.
	TakesCallback(ctx context.Context, watch latch.RegisteredWatch, callback *commonpb.Callback) error
	// AddSearchAttributes creates search attributes.
	AddSearchAttributes(ctx context.Context, types map[string]enumspb.IndexedValueType) error
}

// A Namespace holds the settings of a namespace that matter to Latch.
type Namespace struct {
	// Retention is how long closed runs are kept.
	Retention time.Duration
	// Updates reports whether updates are allowed.
	Updates bool
}

// Server returns the server of the connection.
func (t *Temporal) Server() (Server, error) { return server{t.connection}, nil }

type server struct{ connection *Connection }

func (s server) Namespace() string { return s.connection.Namespace }

func (s server) Version(ctx context.Context) (string, error) {
	answer, err := s.connection.WorkflowService().GetSystemInfo(ctx, &workflowservice.GetSystemInfoRequest{})
	return answer.GetServerVersion(), err
}

func (s server) DescribeNamespace(ctx context.Context) (*Namespace, error) {
	request := &workflowservice.DescribeNamespaceRequest{Namespace: s.connection.Namespace}
	answer, err := s.connection.WorkflowService().DescribeNamespace(ctx, request)
	if err != nil {
		return nil, err
	}
	return &Namespace{Retention: answer.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration(),
		Updates: answer.GetNamespaceInfo().GetCapabilities().GetSyncUpdate()}, nil
}

func (s server) SearchAttributes(ctx context.Context) (map[string]enumspb.IndexedValueType, error) {
	request := &operatorservice.ListSearchAttributesRequest{Namespace: s.connection.Namespace}
	answer, err := s.connection.OperatorService().ListSearchAttributes(ctx, request)
	return answer.GetCustomAttributes(), err
}

func (s server) AddSearchAttributes(ctx context.Context, types map[string]enumspb.IndexedValueType) error {
	_, err := s.connection.OperatorService().AddSearchAttributes(ctx,
		&operatorservice.AddSearchAttributesRequest{Namespace: s.connection.Namespace, SearchAttributes: types})
	return err
}

func (s server) TakesCallback(ctx context.Context, watch latch.RegisteredWatch, callback *commonpb.Callback) error {
	id := latch.PrefixWatch + watch.ID
	if _, err := s.connection.DescribeWorkflowExecution(ctx, id, ""); err != nil {
		return err
	}
	_, err := s.connection.WorkflowService().StartWorkflowExecution(ctx, &workflowservice.StartWorkflowExecutionRequest{
		Namespace: s.connection.Namespace, WorkflowId: id, WorkflowType: &commonpb.WorkflowType{Name: latch.WorkflowWatch},
		TaskQueue: &taskqueuepb.TaskQueue{Name: watch.TaskQueue}, RequestId: uuid.NewString(),
		WorkflowIdReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowIdConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		CompletionCallbacks:      []*commonpb.Callback{callback}})
	if _, there := runs.RunningIn(err); there {
		return nil
	}
	return err
}
