package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"github.com/latch-run/latch/internal/runs/runstest"
)

// fakeTemporal is a Temporal that answers what a test tells it to. What is
// not told is not found.
type fakeTemporal struct {
	mu sync.Mutex
	// exists are the workflow ids that can be described; nil is all.
	exists []string
	// infos tell more of those that exist.
	infos map[string]*workflowpb.WorkflowExecutionInfo
	// gone is the error of describing once a run was found.
	gone error
	// unpolled is that no worker polls a task queue.
	unpolled bool
	// start answers ExecuteWorkflow.
	start func(client.StartWorkflowOptions) error
	// ended is closed when the run has ended with result or err.
	ended  chan struct{}
	result string
	err    error
	// query answers by the query's name; update by the update's.
	query  func(workflowID, name string, args []any) (string, error)
	update func(client.UpdateWorkflowOptions) (string, error)

	// list answers Temporal's list of runs.
	list func(query string) (*workflowservice.ListWorkflowExecutionsResponse, error)

	// schedules keep registered jobs.
	schedules *fakeSchedules
	// service answers in place of schedules, where it is given.
	service workflowservice.WorkflowServiceClient
	// operator tells of search attributes.
	operator fakeOperator

	started []client.StartWorkflowOptions
	inputs  []string
	updates []client.UpdateWorkflowOptions
	closed  bool

	described int
	asked     []string // task queues
}

func (f *fakeTemporal) ExecuteWorkflow(_ context.Context, options client.StartWorkflowOptions, workflow any, args ...any) (client.WorkflowRun, error) {
	payload, err := converter.GetDefaultDataConverter().ToPayload(args[0])
	if err != nil {
		return nil, err
	}
	f.started = append(f.started, options)
	f.inputs = append(f.inputs, workflow.(string)+" "+string(payload.Data))
	if f.start != nil {
		if err := f.start(options); err != nil {
			return nil, err
		}
	}
	return fakeRun{f, options.ID}, nil
}

func (f *fakeTemporal) GetWorkflow(_ context.Context, workflowID, _ string) client.WorkflowRun {
	return fakeRun{f, workflowID}
}

func (f *fakeTemporal) QueryWorkflow(_ context.Context, workflowID, _, name string, args ...any) (converter.EncodedValue, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.query == nil {
		return nil, serviceerror.NewNotFound("workflow not found for ID: " + workflowID)
	}
	answer, err := f.query(workflowID, name, args)
	if err != nil {
		return nil, err
	}
	return runstest.Value(json.RawMessage(answer))
}

func (f *fakeTemporal) UpdateWorkflow(_ context.Context, options client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
	f.updates = append(f.updates, options)
	if f.update == nil {
		return nil, serviceerror.NewNotFound("workflow execution already completed")
	}
	answer, err := f.update(options)
	if err != nil || answer == "" {
		return runstest.Update{Err: err}, nil
	}
	return runstest.Update{Answer: json.RawMessage(answer)}, nil
}

func (f *fakeTemporal) DescribeWorkflowExecution(_ context.Context, workflowID, _ string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.described++
	if f.gone != nil && f.described > 1 {
		return nil, f.gone
	}
	for _, id := range f.exists {
		if id == workflowID {
			return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: f.infos[id]}, nil
		}
	}
	return nil, serviceerror.NewNotFound("workflow not found for ID: " + workflowID)
}

func (f *fakeTemporal) ListWorkflow(_ context.Context, request *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	if f.list == nil {
		return &workflowservice.ListWorkflowExecutionsResponse{}, nil
	}
	return f.list(request.GetQuery())
}

func (f *fakeTemporal) DescribeTaskQueue(_ context.Context, queue string, _ enumspb.TaskQueueType) (*workflowservice.DescribeTaskQueueResponse, error) {
	f.asked = append(f.asked, queue)
	if f.unpolled {
		return &workflowservice.DescribeTaskQueueResponse{}, nil
	}
	return &workflowservice.DescribeTaskQueueResponse{Pollers: []*taskqueuepb.PollerInfo{{Identity: "worker"}}}, nil
}

func (f *fakeTemporal) WorkflowService() workflowservice.WorkflowServiceClient {
	if f.service != nil {
		return f.service
	}
	return f.schedules
}

func (f *fakeTemporal) OperatorService() operatorservice.OperatorServiceClient { return f.operator }

func (f *fakeTemporal) Namespace() string { return "default" }

func (f *fakeTemporal) DataConverter() converter.DataConverter {
	return converter.GetDefaultDataConverter()
}

func (f *fakeTemporal) Close() { f.closed = true }

type fakeRun struct {
	temporal *fakeTemporal
	id       string
}

func (r fakeRun) GetID() string                  { return r.id }
func (r fakeRun) GetRunID() string               { return "run-1" }
func (r fakeRun) GetFirstExecutionRunID() string { return "run-1" }
func (r fakeRun) Get(ctx context.Context, into any) error {
	if r.temporal.ended != nil {
		select {
		case <-r.temporal.ended:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if r.temporal.err != nil {
		return r.temporal.err
	}
	return json.Unmarshal([]byte(r.temporal.result), into)
}

func (r fakeRun) GetWithOptions(ctx context.Context, into any, _ client.WorkflowRunGetOptions) error {
	return r.Get(ctx, into)
}

// command is one run of the command line.
type command struct {
	app      *app
	temporal *fakeTemporal
	out, err *bytes.Buffer
}

func newCommand(stdin string, temporal *fakeTemporal) *command {
	c := &command{temporal: temporal, out: new(bytes.Buffer), err: new(bytes.Buffer)}
	c.app = &app{
		in: strings.NewReader(stdin), out: c.out, err: c.err,
		dial: func(context.Context) (temporalClient, error) {
			if temporal == nil {
				return nil, newFailure(exitUnreachable, kindUnreachable, "cannot reach Temporal at 127.0.0.1:7233")
			}
			return temporal, nil
		},
		pollInterval: time.Millisecond,
		userName:     func() string { return "ada" },
	}
	return c
}

func (c *command) run(args ...string) int { return c.app.run(context.Background(), args) }

// runs runs the command line on a fake Temporal and gives exit code, standard
// output and standard error.
func runs(stdin string, temporal *fakeTemporal, args ...string) (int, string, string) {
	c := newCommand(stdin, temporal)
	code := c.run(args...)
	return code, c.out.String(), c.err.String()
}

// object reads standard output as one JSON value and nothing else.
func object(t *testing.T, out string) map[string]any {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(out))
	var value map[string]any
	require.NoError(t, decoder.Decode(&value), out)
	_, err := decoder.Token()
	require.ErrorIs(t, err, io.EOF, out)
	return value
}
