package dryrun

import (
	"errors"
	"strings"
	"sync"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// A standIn performs the tasks that are not Latch's own: a user's activities and workflows, and
// commands. It records every task.
type standIn struct {
	interceptor.WorkerInterceptorBase
	answers []TaskAnswers
	chooser *chooser
	// requests counts the requests that have been sent.
	requests func() int

	mutex sync.Mutex
	given map[int]int // how many results of each answers have been used
	done  []Task
}

// A Task is the work of a job, a step, an undo or a hook.
type Task struct {
	At time.Time
	// Of is the purpose, as in Temporal UI: "Step migrate", "Undo step migrate", or of a hook
	// that is work "AFTER_STEP → tests".
	Of string
	// Kind is http, activity, workflow, nexus or command. What is a URL, a type, an
	// operation or a program.
	Kind, What string
	// Arguments are those of an activity or a workflow, or a command's own.
	Arguments []any
	// Result and Error are the outcome. The requests of an http task contain its outcome.
	Result  []byte
	Error   string
	Assumed bool
	// requestsBefore counts the requests that had been sent when it began.
	requestsBefore int
}

func (s *standIn) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	return &standInInbound{interceptor.WorkflowInboundInterceptorBase{Next: next}, s}
}

type standInInbound struct {
	interceptor.WorkflowInboundInterceptorBase
	standIn *standIn
}

func (i *standInInbound) Init(out interceptor.WorkflowOutboundInterceptor) error {
	return i.Next.Init(&standInOutbound{interceptor.WorkflowOutboundInterceptorBase{Next: out}, i.standIn})
}

type standInOutbound struct {
	interceptor.WorkflowOutboundInterceptorBase
	standIn *standIn
}

// SetQueryHandler has people choose about the failed steps that the status shows.
func (o *standInOutbound) SetQueryHandler(ctx workflow.Context, name string, handler any) error {
	status, is := handler.(func() (latch.Status, error))
	if is && name == latch.QueryStatus && workflow.GetInfo(ctx).WorkflowType.Name == latch.WorkflowRelease {
		o.standIn.chooser.watch(ctx, status)
	}
	return o.Next.SetQueryHandler(ctx, name, handler)
}

// ownPrefix begins the types of Latch's own activities and workflows.
const ownPrefix = "latch."

func (o *standInOutbound) ExecuteActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	task := Task{At: workflow.Now(ctx), Of: workflow.GetActivityOptions(ctx).Summary, Kind: "activity", What: name, Arguments: args}
	switch {
	case name == latch.ActivityHTTP:
		if call, is := args[0].(protocol.HTTPCall); is {
			task.Kind, task.What, task.Arguments = "http", call.Task.URL, nil
		}
		o.standIn.note(task)
		return o.Next.ExecuteActivity(ctx, name, args...)
	case name == latch.ActivityCommand:
		if call, is := args[0].(protocol.CommandCall); is {
			task.Kind, task.What, task.Arguments = "command", call.Task.Argv[0], anyOf(call.Task.Argv)
		}
	case strings.HasPrefix(name, ownPrefix):
		return o.Next.ExecuteActivity(ctx, name, args...)
	}
	return o.standIn.do(ctx, task)
}

func (o *standInOutbound) ExecuteChildWorkflow(ctx workflow.Context, name string, args ...any) workflow.ChildWorkflowFuture {
	task := Task{At: workflow.Now(ctx), Of: workflow.GetChildWorkflowOptions(ctx).StaticSummary, Kind: "workflow", What: name, Arguments: args}
	if strings.HasPrefix(name, ownPrefix) {
		if name != latch.WorkflowDeliver { // it continues a delivery, and is not a user's task
			o.standIn.note(task)
		}
		return o.Next.ExecuteChildWorkflow(ctx, name, args...)
	}
	started, begins := workflow.NewFuture(ctx)
	begins.SetValue(workflow.Execution{ID: workflow.GetChildWorkflowOptions(ctx).WorkflowID})
	return &child{o.standIn.do(ctx, task), started}
}

func (o *standInOutbound) ExecuteNexusOperation(ctx workflow.Context,
	in interceptor.ExecuteNexusOperationInput) workflow.NexusOperationFuture {
	name, named := in.Operation.(string)
	if !named {
		return o.Next.ExecuteNexusOperation(ctx, in)
	}
	task := Task{At: workflow.Now(ctx), Of: in.Options.Summary, Kind: "nexus", What: name, Arguments: []any{in.Input}}
	started, begins := workflow.NewFuture(ctx)
	begins.SetValue(workflow.NexusOperationExecution{})
	return &operation{o.standIn.do(ctx, task), started}
}

// An operation is the future of a simulated Nexus operation.
type operation struct {
	workflow.Future
	started workflow.Future
}

func (o *operation) GetNexusOperationExecution() workflow.Future { return o.started }

// A child is the future of a simulated workflow.
type child struct {
	workflow.Future
	started workflow.Future
}

func (c *child) GetChildWorkflowExecution() workflow.Future { return c.started }

func (c *child) SignalChildWorkflow(ctx workflow.Context, _ string, _ any) workflow.Future {
	signalled, sets := workflow.NewFuture(ctx)
	sets.SetError(errors.New("a planned workflow takes no signals"))
	return signalled
}

// do ends the task at once with its answer.
func (s *standIn) do(ctx workflow.Context, task Task) workflow.Future {
	future, settable := workflow.NewFuture(ctx)
	result, scripted := s.next(task)
	task.Result, task.Error, task.Assumed = result.Result, result.Error, !scripted
	s.note(task)
	if result.Error != "" {
		settable.SetError(temporal.NewNonRetryableApplicationError(result.Error, "", nil))
		return future
	}
	payload, err := converter.GetDefaultDataConverter().ToPayload(result.Result)
	settable.Set(converter.NewRawValue(payload), err)
	return future
}

// next returns the result for a task, and whether an answer gave it.
func (s *standIn) next(task Task) (Result, bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for i, answer := range s.answers {
		if name := answer.Type + answer.Command; name == task.What && (answer.Command != "") == (task.Kind == "command") {
			given := min(s.given[i], len(answer.Results)-1)
			s.given[i]++
			return answer.Results[given], true
		}
	}
	return Result{}, false
}

func (s *standIn) note(task Task) {
	task.requestsBefore = s.requests()
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.done = append(s.done, task)
}

func (s *standIn) tasks() []Task {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.done
}

func anyOf[T any](values []T) []any {
	all := make([]any, len(values))
	for i, value := range values {
		all[i] = value
	}
	return all
}
