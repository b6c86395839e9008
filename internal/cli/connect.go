package cli

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/converter"
	sdklog "go.temporal.io/sdk/log"

	"github.com/latch-run/latch/codec"
	"github.com/latch-run/latch/internal/anyid"
	temporalruns "github.com/latch-run/latch/internal/runs"
)

// Bounds of waits for a server that may be out of reach and for a worker that
// may not run.
const (
	connectTimeout = 10 * time.Second
	answerTimeout  = 30 * time.Second
	// probeTimeout bounds what is asked only to say more of an answer.
	probeTimeout = time.Second
)

// temporalClient is what the commands need of a Temporal client.
type temporalClient interface {
	ExecuteWorkflow(ctx context.Context, options client.StartWorkflowOptions, workflow any, args ...any) (client.WorkflowRun, error)
	GetWorkflow(ctx context.Context, workflowID, runID string) client.WorkflowRun
	QueryWorkflow(ctx context.Context, workflowID, runID, queryType string, args ...any) (converter.EncodedValue, error)
	UpdateWorkflow(ctx context.Context, options client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error)
	DescribeWorkflowExecution(ctx context.Context, workflowID, runID string) (*workflowservice.DescribeWorkflowExecutionResponse, error)
	ListWorkflow(ctx context.Context, request *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error)
	DescribeTaskQueue(ctx context.Context, taskQueue string, taskQueueType enumspb.TaskQueueType) (*workflowservice.DescribeTaskQueueResponse, error)
	WorkflowService() workflowservice.WorkflowServiceClient
	OperatorService() operatorservice.OperatorServiceClient
	Namespace() string
	DataConverter() converter.DataConverter
	Close()
}

// A connected client knows its namespace, and what it encodes with.
type connected struct {
	client.Client
	namespace string
	converter converter.DataConverter
}

// DataConverter is what all payloads go through.
func (c connected) DataConverter() converter.DataConverter { return c.converter }

// Namespace is where all calls go.
func (c connected) Namespace() string { return c.namespace }

// dial connects to Temporal as TEMPORAL_… and the profile say.
func dial(ctx context.Context) (temporalClient, error) {
	options, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return nil, usageError(fmt.Errorf("the connection's settings (TEMPORAL_…, profile): %w", err))
	}
	payloads, err := codec.FromEnvironment()
	if err != nil {
		return nil, usageError(err)
	}
	payloads.Configure(&options)
	anyid.Configure(&options)
	options.Logger = sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))
	if options.HostPort == "" {
		options.HostPort = client.DefaultHostPort
	}
	if options.Namespace == "" {
		options.Namespace = client.DefaultNamespace
	}
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	dialled, err := client.DialContext(ctx, options)
	if err != nil {
		return nil, newFailure(exitUnreachable, kindUnreachable,
			"cannot reach Temporal at %s (namespace %s): %v; is it running there? TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and TEMPORAL_PROFILE say where it is",
			options.HostPort, options.Namespace, err)
	}
	return connected{dialled, options.Namespace, options.DataConverter}, nil
}

// query asks a run, and a worker answers: so it may take long, and is bounded.
func query(ctx context.Context, temporal temporalClient, workflowID, name string, answer any, args ...any) error {
	if err := runsOf(temporal).Query(ctx, workflowID, "", name, answer, args...); err != nil {
		return unanswered(ctx, temporal, err, workflowID)
	}
	return nil
}

// runsOf returns the runs of the client's namespace.
func runsOf(temporal temporalClient) *temporalruns.Runs {
	return temporalruns.New(temporalruns.Options{Client: temporal, Namespace: temporal.Namespace(), DataConverter: temporal.DataConverter(), WorkerTimeout: answerTimeout})
}

// unanswered says of a wait without an answer whom it is for: Temporal, which
// is asked once more, or a worker of the run's task queue.
func unanswered(ctx context.Context, temporal temporalClient, err error, workflowID string) error {
	if interrupted(ctx) {
		return ctx.Err()
	}
	if !isUnanswered(err) {
		return err
	}
	probe, cancel := context.WithTimeout(context.WithoutCancel(ctx), probeTimeout)
	defer cancel()
	described, gone := temporal.DescribeWorkflowExecution(probe, workflowID, "")
	if gone != nil && isUnanswered(gone) {
		return newFailure(exitUnreachable, kindUnreachable, "Temporal is out of reach: it does not answer about %s, which goes on once it is back", workflowID)
	}
	which := "its task queue"
	if queue := described.GetWorkflowExecutionInfo().GetTaskQueue(); queue != "" {
		which = fmt.Sprintf("its task queue %q", queue)
	}
	return newFailure(exitUnreachable, kindUnreachable, "%s does not answer: is a worker polling %s?", workflowID, which)
}

// resolve returns what Temporal knows of the first workflow id that exists: the id
// behind each prefix, in their order.
func resolve(ctx context.Context, temporal temporalClient, id string, prefixes ...string) (string, *workflowpb.WorkflowExecutionInfo, error) {
	bounded, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	var tried []string
	for _, prefix := range prefixes {
		candidate := prefix + id
		described, err := temporal.DescribeWorkflowExecution(bounded, candidate, "")
		if err == nil {
			return candidate, described.GetWorkflowExecutionInfo(), nil
		}
		if interrupted(ctx) {
			return "", nil, ctx.Err()
		}
		if !temporalruns.IsNotFound(err) {
			return "", nil, err
		}
		tried = append(tried, candidate)
	}
	return "", nil, newFailure(exitFailed, kindNotFound, "there is no run with the workflow id %s", quoteAll(tried, " or "))
}

// unpolled reports whether Temporal knows of no worker that polls the task queue.
// Where it does not say so soon, it is taken not to be so.
func unpolled(ctx context.Context, temporal temporalClient, queue string) bool {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	described, err := temporal.DescribeTaskQueue(ctx, queue, enumspb.TASK_QUEUE_TYPE_WORKFLOW)
	return err == nil && len(described.GetPollers()) == 0
}
