package workflows

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rawjson"
)

const (
	// maximumKVP bounds what is kept of a task's result, as JSON.
	maximumKVP = 64 << 10
	// maximumKVPs bounds what is kept of all results of a run. Together with the records it
	// becomes part of the run's own result and of the bodies for webhooks.
	maximumKVPs = 128 << 10
	// maximumWorkflowID is Temporal's limit, in bytes.
	maximumWorkflowID = 1000
	// cancellationGrace is how long a child workflow may take to close after its cancellation.
	cancellationGrace = 30 * time.Second
)

// truncatedKVP replaces a result that is not kept.
func truncatedKVP() latch.Object { return latch.Object{"truncated": json.RawMessage("true")} }

// keep returns the part of a task's result that is kept.
func (s *session) keep(kvp latch.Object) latch.Object {
	size := len(rawjson.Encode(kvp))
	if s.kept+size > maximumKVPs {
		return truncatedKVP()
	}
	s.kept += size
	return kvp
}

// undoRetry is the default retry of an undo.
var undoRetry = &latch.Retry{MaximumAttempts: 5, Deadline: latch.Duration(10 * time.Minute)}

// A taskRun is one task to run.
type taskRun struct {
	session   *session
	task      *latch.Task
	variables expr.Variables
	// summary is the task's purpose in Temporal UI.
	summary string
	// retry is the default retry of the task.
	retry *latch.Retry
	// awaitCancellation makes a cancelled task wait for the end of what it began, which may
	// have to be undone.
	awaitCancellation bool
}

// do runs the task and returns its object.
func (t taskRun) do(ctx workflow.Context) (latch.Object, error) {
	switch {
	case t.task.Activity != nil:
		return t.doActivity(ctx, t.task.Activity)
	case t.task.Workflow != nil:
		return t.doWorkflow(ctx, t.task.Workflow)
	case t.task.HTTP != nil:
		return t.doHTTP(ctx, t.task.HTTP)
	default:
		return t.doCommand(ctx, t.task.Command)
	}
}

func (t taskRun) doActivity(ctx workflow.Context, task *latch.ActivityTask) (latch.Object, error) {
	arguments, err := t.arguments(ctx, task.Input, task.Args)
	if err != nil {
		return nil, err
	}
	queue := task.TaskQueue
	if queue == "" {
		queue = workflow.GetInfo(ctx).TaskQueueName
	}
	options := t.options(task.Retry, time.Duration(latch.WithDefaults(*task).Timeout))
	options.TaskQueue = queue
	options.ScheduleToStartTimeout = time.Duration(latch.WithDefaults(*task).StartTimeout)
	options.HeartbeatTimeout = time.Duration(task.HeartbeatTimeout)
	options.WaitForCancellation = t.awaitCancellation || options.HeartbeatTimeout > 0
	future := workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, options), task.Type, arguments...)
	kvp, err := t.result(ctx, future)
	var timeout *temporal.TimeoutError
	if errors.As(err, &timeout) && timeout.TimeoutType() == enums.TIMEOUT_TYPE_SCHEDULE_TO_START {
		return nil, noWorker(task.Type, queue, options.ScheduleToStartTimeout.String())
	}
	return kvp, err
}

func (t taskRun) doHTTP(ctx workflow.Context, task *latch.HTTPTask) (latch.Object, error) {
	options := t.options(task.Retry, time.Duration(latch.WithDefaults(*task).Timeout))
	// The activity computes every delay itself, so that a receiver's Retry-After counts even
	// above the retry's own maximum.
	if options.RetryPolicy.MaximumAttempts != 1 {
		options.RetryPolicy.MaximumInterval = longestDelay
	}
	options.RetryPolicy.InitialInterval = min(options.RetryPolicy.InitialInterval, longestDelay)
	options.StartToCloseTimeout += connectTimeout + attemptSlack
	options.HeartbeatTimeout = attemptSlack
	options.WaitForCancellation = true
	if task.Poll != nil {
		options = polls(options, task.Poll)
	}
	filled := *task
	filled.Retry = t.retryOf(task.Retry)
	call := protocol.HTTPCall{Task: filled, Variables: t.needed(neededByTask(task))}
	return t.result(ctx, workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, options), latch.ActivityHTTP, call))
}

func (t taskRun) doCommand(ctx workflow.Context, task *latch.CommandTask) (latch.Object, error) {
	options := t.options(task.Retry, time.Duration(latch.WithDefaults(*task).Timeout)+attemptSlack)
	options.HeartbeatTimeout = attemptSlack
	options.WaitForCancellation = true
	call := protocol.CommandCall{Task: *task, Variables: t.needed(neededByTask(task))}
	return t.result(ctx, workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, options), latch.ActivityCommand, call))
}

// doWorkflow runs a child workflow, with the retry implemented here instead of by the child.
func (t taskRun) doWorkflow(ctx workflow.Context, task *latch.WorkflowTask) (latch.Object, error) {
	arguments, err := t.arguments(ctx, task.Input, task.Args)
	if err != nil {
		return nil, err
	}
	id, err := t.text(ctx, task.ID)
	if err != nil {
		return nil, err
	}
	if err := checkWorkflowID(id); err != nil {
		return nil, err
	}
	if err := checkReservedID(ctx, id); err != nil {
		return nil, err
	}
	return repeat(ctx, t.retry, func() (latch.Object, error) {
		return t.childWorkflow(ctx, task, id, arguments)
	})
}

func (t taskRun) childWorkflow(ctx workflow.Context, task *latch.WorkflowTask, id string, arguments []any) (latch.Object, error) {
	raw, err := boundedChild(ctx, task, id, t.summary, arguments)
	if err != nil {
		return nil, err
	}
	return objectOf(raw), nil
}

// boundedChild runs a child workflow and returns what it returned. The child is
// cancelled at its timeout, and with ctx.
func boundedChild(ctx workflow.Context, task *latch.WorkflowTask, id, summary string, arguments []any) (raw converter.RawValue, err error) {
	timeout := time.Duration(latch.WithDefaults(*task).Timeout)
	waiting := disconnect(ctx)
	ctx, cancel := workflow.WithCancel(ctx)
	defer cancel()
	ctx = workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:          id,
		TaskQueue:           task.TaskQueue,
		WaitForCancellation: true,
		ParentClosePolicy:   enums.PARENT_CLOSE_POLICY_REQUEST_CANCEL,
		StaticSummary:       summary,
	})
	timerContext, stopTimer := workflow.WithCancel(waiting)
	defer stopTimer()
	timer := workflow.NewTimerWithOptions(timerContext, timeout, workflow.TimerOptions{Summary: "Timeout of " + summary})
	child := workflow.ExecuteChildWorkflow(ctx, task.Type, arguments...)
	await(waiting, func() bool { return child.IsReady() || timer.IsReady() || ctx.Err() != nil })
	if child.IsReady() {
		err = child.Get(waiting, &raw)
		return raw, err
	}
	cancelled := ctx.Err()
	cancel()
	grace := workflow.NewTimerWithOptions(timerContext, cancellationGrace,
		workflow.TimerOptions{Summary: "Waiting for the cancelled " + summary})
	await(waiting, func() bool { return child.IsReady() || grace.IsReady() })
	switch {
	case !child.IsReady():
		return raw, fmt.Errorf("workflow %q was cancelled and did not close within %s: is a worker running that polls its task queue?", task.Type, cancellationGrace)
	case cancelled != nil:
		err = child.Get(waiting, &raw)
		return raw, err
	}
	if err = child.Get(waiting, &raw); err != nil {
		return raw, fmt.Errorf("workflow %q did not end within %s and was cancelled", task.Type, timeout)
	}
	return raw, nil
}

// checkWorkflowID refuses an id that Temporal would reject again and again.
func checkWorkflowID(id string) error {
	if len(id) > maximumWorkflowID {
		return fmt.Errorf("workflow id %q has %d bytes; Temporal takes at most %d", excerpt.Of(id, 60), len(id), maximumWorkflowID)
	}
	return nil
}

// versionReservedIDs is the change by which a task's workflow id is checked once it is
// rendered. A run that began such a child earlier continues with it.
const versionReservedIDs = "reserved-workflow-ids"

// checkReservedID refuses an id on which Temporal or Latch relies.
func checkReservedID(ctx workflow.Context, id string) error {
	err := latch.CheckWorkflowID(id)
	if err == nil || workflow.GetVersion(ctx, versionReservedIDs, workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		return nil
	}
	return fmt.Errorf("workflow.id: %w", err)
}

// options returns the options of an activity with the task's retry and timeout.
func (t taskRun) options(own *latch.Retry, timeout time.Duration) workflow.ActivityOptions {
	options := workflow.ActivityOptions{
		StartToCloseTimeout: timeout,
		Summary:             t.summary,
		RetryPolicy:         &temporal.RetryPolicy{MaximumAttempts: 1},
	}
	if given := t.retryOf(own); given != nil {
		retry := given.WithDefaults()
		options.ScheduleToCloseTimeout = time.Duration(retry.Deadline)
		options.RetryPolicy = &temporal.RetryPolicy{
			InitialInterval:    time.Duration(retry.InitialInterval),
			BackoffCoefficient: retry.BackoffCoefficient,
			MaximumInterval:    time.Duration(retry.MaximumInterval),
			MaximumAttempts:    int32(retry.MaximumAttempts),
		}
	}
	return options
}

func (t taskRun) retryOf(own *latch.Retry) *latch.Retry {
	if own != nil {
		return own
	}
	return t.retry
}

// needed returns the variables that a task's templates use.
func (t taskRun) needed(needed []string) expr.Variables {
	variables := with(t.variables, nil)
	t.session.addRecords(variables, needed, "")
	return only(variables, needed)
}

// arguments returns the arguments of an activity or a workflow, with templates rendered.
// Without a template, no activity is needed.
func (t taskRun) arguments(ctx workflow.Context, input json.RawMessage, args []json.RawMessage) ([]any, error) {
	values := args
	if len(input) > 0 {
		values = []json.RawMessage{input}
	}
	rendered, err := t.render(ctx, values)
	if err != nil {
		return nil, err
	}
	arguments := make([]any, len(rendered))
	for i, value := range rendered {
		arguments[i] = value
	}
	return arguments, nil
}

// text returns a template's text.
func (t taskRun) text(ctx workflow.Context, template string) (string, error) {
	if template == "" {
		return "", nil
	}
	rendered, err := t.render(ctx, []json.RawMessage{rawjson.Encode(template)})
	if err != nil {
		return "", err
	}
	var text string
	if err := json.Unmarshal(rendered[0], &text); err != nil {
		return string(rendered[0]), nil // a number or the like, as its own text
	}
	return text, nil
}

func (t taskRun) render(ctx workflow.Context, values []json.RawMessage) ([]json.RawMessage, error) {
	var sources []string
	templated := false
	for _, value := range values {
		// JSON may escape the dollar or the brace.
		templated = templated || mentions(string(value), "${")
		sources = append(sources, string(value))
	}
	if !templated {
		return values, nil
	}
	request := protocol.RenderRequest{Values: values, Variables: t.needed(mentioned(sources...))}
	var answer protocol.RenderAnswer
	if err := ask(ctx, "Render "+t.summary, protocol.ActivityRender, request, &answer); err != nil {
		return nil, err
	}
	if answer.Error != "" {
		return nil, errors.New(answer.Error)
	}
	return answer.Values, ctx.Err()
}

// result returns a task's result as an object: itself, or as "result".
func (t taskRun) result(ctx workflow.Context, future workflow.Future) (latch.Object, error) {
	var raw converter.RawValue
	if err := future.Get(ctx, &raw); err != nil {
		return nil, err
	}
	return objectOf(raw), nil
}

// objectOf returns a result as an object, as far as it is kept.
func objectOf(raw converter.RawValue) latch.Object {
	data := resultJSON(raw)
	if len(data) > maximumKVP {
		return truncatedKVP()
	}
	var object latch.Object
	switch {
	case len(data) == 0:
		return latch.Object{}
	case json.Unmarshal(data, &object) == nil:
		return object
	default:
		return latch.Object{"result": data}
	}
}

// repeat does the work as often as the retry says. Without a retry it does the work once.
func repeat[T any](ctx workflow.Context, retry *latch.Retry, work func() (T, error)) (T, error) {
	attempt := 0
	return repeatFrom(ctx, retry, workflow.Now(ctx), &attempt, work)
}

// repeatFrom is repeat for work that began earlier. attempt is in progress or, if it is 0, the
// first one is due.
func repeatFrom[T any](ctx workflow.Context, retry *latch.Retry, begun time.Time, under *int, work func() (T, error)) (T, error) {
	for *under = max(*under, 1); ; *under++ {
		attempt := *under
		result, err := work()
		if err == nil || retry == nil || ctx.Err() != nil || errors.Is(err, errContinues) {
			return result, err
		}
		given := retry.WithDefaults()
		delay := retry.Delay(attempt)
		if given.MaximumAttempts > 0 && attempt >= given.MaximumAttempts ||
			workflow.Now(ctx).Add(delay).Sub(begun) > time.Duration(given.Deadline) {
			return result, err
		}
		timer := workflow.TimerOptions{Summary: fmt.Sprintf("Before attempt %d: %s", attempt+1, excerpt.Of(rootMessage(err), 100))}
		if err := workflow.NewTimerWithOptions(ctx, delay, timer).Get(ctx, nil); err != nil {
			return result, err
		}
	}
}
