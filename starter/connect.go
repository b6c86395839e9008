package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/converter"
	sdklog "go.temporal.io/sdk/log"
)

// Bounds of waits for a server that may be out of reach and for a worker that
// may not run.
const (
	connectTimeout = 10 * time.Second
	answerTimeout  = 30 * time.Second
)

// temporalClient is what the commands need of a Temporal client.
type temporalClient interface {
	ExecuteWorkflow(ctx context.Context, options client.StartWorkflowOptions, workflow any, args ...any) (client.WorkflowRun, error)
	GetWorkflow(ctx context.Context, workflowID, runID string) client.WorkflowRun
	QueryWorkflow(ctx context.Context, workflowID, runID, queryType string, args ...any) (converter.EncodedValue, error)
	UpdateWorkflow(ctx context.Context, options client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error)
	DescribeWorkflowExecution(ctx context.Context, workflowID, runID string) (*workflowservice.DescribeWorkflowExecutionResponse, error)
	Close()
}

// dial connects to Temporal as TEMPORAL_… and the profile say.
func dial(ctx context.Context) (temporalClient, error) {
	options, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return nil, usageError(fmt.Errorf("the connection's settings (TEMPORAL_…, profile): %w", err))
	}
	options.Logger = sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))
	if options.HostPort == "" {
		options.HostPort = client.DefaultHostPort
	}
	if options.Namespace == "" {
		options.Namespace = client.DefaultNamespace
	}
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	connected, err := client.DialContext(ctx, options)
	if err != nil {
		return nil, newFailure(exitUnreachable, kindUnreachable,
			"cannot reach Temporal at %s (namespace %s): %v; is it running there? TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and TEMPORAL_PROFILE say where it is",
			options.HostPort, options.Namespace, err)
	}
	return connected, nil
}

// query asks a run, and a worker answers: so it may take long, and is bounded.
func query(ctx context.Context, temporal temporalClient, workflowID, name string, answer any, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	value, err := temporal.QueryWorkflow(ctx, workflowID, "", name, args...)
	if err != nil {
		return noWorker(err, workflowID)
	}
	return value.Get(answer)
}

// noWorker says of a wait without an answer what to look after.
func noWorker(err error, workflowID string) error {
	if !isUnreachable(err) {
		return err
	}
	return newFailure(exitUnreachable, kindUnreachable, "%s does not answer: %v; is a worker polling its task queue?", workflowID, err)
}

// resolve gives the first workflow id that exists: the id behind each prefix,
// in their order.
func resolve(ctx context.Context, temporal temporalClient, id string, prefixes ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	var tried []string
	for _, prefix := range prefixes {
		candidate := prefix + id
		_, err := temporal.DescribeWorkflowExecution(ctx, candidate, "")
		if err == nil {
			return candidate, nil
		}
		if !isNotFound(err) {
			return "", err
		}
		tried = append(tried, candidate)
	}
	return "", newFailure(exitFailed, kindNotFound, "there is no run with the workflow id %s", quoteAll(tried, " or "))
}
