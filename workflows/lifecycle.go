package workflows

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/attach"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/vars"
	"github.com/latch-run/latch/internal/verdict"
)

// Listeners knows, without an event in a run's history, who listens to the events around it.
// Workflow code asks only for a run that begins, and never while it replays: the run records
// the answer, if somebody listens.
type Listeners interface {
	// Selects reports whether somebody may listen to the runs of a workflow type.
	Selects(workflowType string) bool
	Listen(protocol.ListenRequest) protocol.Listening
}

// A lifecycle fires the events of a job around one run of a user's own workflow, which knows
// nothing of it.
type lifecycle struct {
	*ownRun
	run protocol.LifecycleRun
	// holds reports that the workflow begins only after JOB_START. Otherwise both begin at once.
	holds    bool
	webhooks []protocol.AttachedWebhook
	result   latch.JobResult
	// begun reports that JOB_START has fired.
	begun bool
	// output is what the workflow returned, as JSON.
	output json.RawMessage
}

// lifecycleOf returns the lifecycle of a run to whose events somebody listens, or nil. A run
// that replays has one if its history says so, and only such a history has anything of it.
func (k *keeper) lifecycleOf(ctx workflow.Context, run *ownRun, in *interceptor.ExecuteWorkflowInput) *lifecycle {
	info := workflow.GetInfo(ctx)
	if strings.HasPrefix(info.WorkflowType.Name, latch.WorkflowPrefix) {
		return nil
	}
	if workflow.IsReplaying(ctx) {
		holds := knows(ctx, lifecycleHeld)
		if !holds && !knows(ctx, lifecycleTold) {
			return nil
		}
		around := newLifecycle(info, run, in.Args)
		around.holds = holds
		return around
	}
	if k.listeners == nil || !k.listeners.Selects(info.WorkflowType.Name) {
		return nil
	}
	around := newLifecycle(info, run, in.Args)
	listening := k.listening(ctx, around)
	if !listening.Listens {
		return nil
	}
	around.holds = listening.Holds
	knows(ctx, map[bool]string{true: lifecycleHeld, false: lifecycleTold}[around.holds])
	return around
}

// newLifecycle returns the lifecycle of a run. It encodes the arguments, which may take long.
func newLifecycle(info *workflow.Info, run *ownRun, args []any) *lifecycle {
	return &lifecycle{ownRun: run, run: lifecycleRun(info, args), result: latch.JobResult{Status: latch.JobRunning, KVP: latch.Object{}}}
}

func (k *keeper) listening(ctx workflow.Context, around *lifecycle) protocol.Listening {
	info, now := workflow.GetInfo(ctx), workflow.Now(ctx)
	return k.listeners.Listen(protocol.ListenRequest{LifecycleRun: around.run, Namespace: info.Namespace,
		Run: around.runVariable(info), Now: latch.NewTime(now), Waited: latch.Duration(now.Sub(info.WorkflowStartTime))})
}

// maximumArgs bounds the arguments and the result of a workflow in templates, in bytes.
const maximumArgs = 128 << 10

func lifecycleRun(info *workflow.Info, args []any) protocol.LifecycleRun {
	run := protocol.LifecycleRun{WorkflowID: info.WorkflowExecution.ID, Type: info.WorkflowType.Name, TaskQueue: info.TaskQueueName,
		Attempt: max(info.Attempt, 1), Args: make([]json.RawMessage, 0, len(args)),
		Continues: info.ContinuedExecutionRunID != "" && info.Attempt <= 1 && info.CronSchedule == ""}
	size := 0
	for _, arg := range plain(args) {
		encoded := jsonOf(arg)
		size += len(encoded)
		run.Args = append(run.Args, encoded)
	}
	if size > maximumArgs {
		run.Args, run.TooLarge = nil, true
	}
	return run
}

// plain returns the arguments of a workflow. A dynamic workflow gets them in one value that is
// still encoded.
func plain(args []any) []any {
	if len(args) != 1 {
		return args
	}
	encoded, dynamic := args[0].(interface {
		converter.EncodedValues
		Payloads() *commonpb.Payloads
	})
	if !dynamic {
		return args
	}
	raw := make([]converter.RawValue, len(encoded.Payloads().GetPayloads()))
	pointers, values := make([]any, len(raw)), make([]any, len(raw))
	for i := range raw {
		pointers[i] = &raw[i]
	}
	if len(raw) > 0 && encoded.Get(pointers...) != nil {
		return values // they cannot be decrypted, and are null
	}
	for i := range raw {
		values[i] = raw[i]
	}
	return values
}

// jsonOf returns a value as the default converter encodes it, or null if that is not JSON.
func jsonOf(value any) json.RawMessage {
	null := json.RawMessage("null")
	if raw, is := value.(converter.RawValue); is {
		if data := payloadJSON(raw); json.Valid(data) {
			return data
		}
		return null
	}
	payload, err := converter.GetDefaultDataConverter().ToPayload(value)
	if err != nil || payload == nil {
		return null
	}
	switch string(payload.GetMetadata()[converter.MetadataEncoding]) {
	case converter.MetadataEncodingJSON, converter.MetadataEncodingProtoJSON:
		return payload.GetData()
	}
	return null
}

// runVariable returns the variable run, which names the first run of a chain.
func (l *lifecycle) runVariable(info *workflow.Info) vars.Run {
	run := vars.Run{WorkflowID: info.WorkflowExecution.ID, RunID: info.WorkflowExecution.RunID,
		StartedAt: latch.NewTime(info.WorkflowStartTime)}
	if l.run.Continues {
		run.RunID = info.FirstRunID
	}
	return run
}

// surround fires the events around the work. It returns what the work returns, and does not
// fire the last events if the work continues as new.
func (l *lifecycle) surround(ctx workflow.Context, k *keeper, work func() (any, error)) (any, error) {
	l.session = silentSession(ctx, l.ownRun)
	l.session.guest, l.session.runID = true, l.runVariable(workflow.GetInfo(ctx)).RunID
	if err := l.session.answerQueries(ctx); err != nil {
		return nil, err
	}
	var result any
	err := l.begin(ctx, k)
	if err == nil {
		result, err = work()
	}
	await(l.session.detached, func() bool { return l.begun })
	if workflow.IsContinueAsNewError(err) {
		return result, err
	}
	l.conclude(ctx, result, err)
	return result, l.tellTheEnd(l.session.detached, err)
}

// begin fires JOB_START, and waits for what holds the run there. Its error says why the work is
// not done.
func (l *lifecycle) begin(ctx workflow.Context, k *keeper) error {
	if l.holds {
		l.begun = true
		return l.awaitStart(ctx, k)
	}
	workflow.GoNamed(l.session.detached, "JOB_START", func(ctx workflow.Context) {
		if err := l.admit(ctx); err != nil { // by what was registered after the run began
			workflow.GetLogger(ctx).Warn("hooks that the run could not begin with decide nothing", "error", err)
			l.session.settled, l.session.refused, l.session.phase = false, false, "working"
		}
		l.webhooks = attach.WithoutHolds(l.webhooks) // registered after the run began
		l.fireStart(ctx)
		l.begun = true
	})
	return nil
}

func (l *lifecycle) awaitStart(ctx workflow.Context, k *keeper) error {
	if err := k.serve(ctx, l.session); err != nil {
		return err
	}
	defer func() { k.held = nil }()
	if err := l.admit(ctx); err != nil {
		l.webhooks = nil // a run that is refused tells nobody
		return err
	}
	firing := l.fireStart(ctx)
	l.session.enter("waiting")
	ruling, err := firing.await(ctx)
	l.session.phase = "working"
	workflow.SetCurrentDetails(l.session.detached, "") // from here on the workflow's own
	switch {
	case err != nil && ctx.Err() == nil:
		panic(fmt.Sprintf("latch: JOB_START: %v", err))
	case err != nil:
		return temporal.NewCanceledError()
	case ruling.decision == latch.Stop:
		return refusal(latch.ErrorJobFailed, "workflow %s held back at JOB_START by %s", l.run.Type, ruling.reason)
	}
	return ctx.Err()
}

// admit asks which webhooks apply to the run. If nobody may know, the run's workflow task
// fails, and is tried again until somebody does: there may be a gate, and a user's own workflow
// must not fail for it. Its error is InvalidSpec for a run with webhooks with which none can
// begin.
func (l *lifecycle) admit(ctx workflow.Context) error {
	info := workflow.GetInfo(ctx)
	err := l.session.admit(ctx, latch.LifecycleKind, rawjson.Encode(l.run), workflow.Now(ctx).Sub(info.WorkflowStartTime))
	var refused *temporal.ApplicationError
	if err != nil && !(errors.As(err, &refused) && refused.Type() == latch.ErrorInvalidSpec) {
		panic(fmt.Sprintf("latch: who listens to the events of workflow %s is not known: %v", l.run.Type, err))
	}
	l.webhooks = l.session.attach(l.session.admission.Own)
	l.result.ID = l.run.WorkflowID
	return err
}

// fireStart fires JOB_START, unless an earlier run of the chain did.
func (l *lifecycle) fireStart(ctx workflow.Context) *firing {
	l.result.StartedAt = l.session.now()
	if l.run.Continues {
		return nil // a run that continues is never held
	}
	firing, err := l.session.fire(ctx, occasion{event: latch.EventJobStart, scope: verdict.Begins, nothingDone: true, about: l}, l.webhooks)
	if err != nil {
		panic(fmt.Sprintf("latch: JOB_START: %v", err))
	}
	return firing
}

// conclude sets the result from the outcome of the work.
func (l *lifecycle) conclude(ctx workflow.Context, result any, err error) {
	l.result.CompletedAt = l.session.now()
	switch {
	case err == nil:
		l.result.Status, l.output = latch.JobSucceeded, jsonOf(result)
		if len(l.output) > maximumArgs {
			l.output = nil
		}
	case temporal.IsCanceledError(err) && ctx.Err() != nil:
		l.result.Status, l.result.Error = latch.JobCancelled, "cancelled"
	default:
		l.result.Status, l.result.Error = latch.JobFailed, rootMessage(err)
	}
}

// tellTheEnd fires JOB_COMPLETE and JOB_SUCCESS or JOB_FAILURE, and returns the work's error.
func (l *lifecycle) tellTheEnd(ctx workflow.Context, outcome error) error {
	last := latch.EventJobFailure
	if outcome == nil {
		last = latch.EventJobSuccess
	}
	ends := []occasion{{event: latch.EventJobComplete, about: l}, {event: last, about: l}}
	if err := l.session.fireEnds(ctx, ends, l.webhooks); err != nil {
		panic(fmt.Sprintf("latch: %s and %s: %v", latch.EventJobComplete, last, err))
	}
	return outcome
}

func (l *lifecycle) status() string            { return l.result.Status }
func (l *lifecycle) title() string             { return l.run.Type }
func (l *lifecycle) mark(record *latch.Record) { record.Job = l.run.WorkflowID }

func (l *lifecycle) addVariables(variables expr.Variables) {
	for name, value := range l.run.Variables(statusOf(&l.result, l.session.runID), l.output) {
		variables[name] = value
	}
}
