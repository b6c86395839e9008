package activities

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/admission"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/locklink"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/vars"
	"github.com/latch-run/latch/internal/verdict"
)

// Admit validates a run's input and returns all its problems, and the settings of the worker
// that the run uses.
func (a *Activities) Admit(ctx context.Context, request protocol.AdmitRequest) (protocol.Admission, error) {
	info := activity.GetInfo(ctx)
	answer := protocol.Admission{
		SearchAttributes: a.tags(ctx),
		RunInDeliveryIDs: true,
		Volleys:          true,
		EndsTogether:     true,
		DecidesHere:      true,
		SafeToRedo:       true,
		RejectionsStop:   true,
		ListensLate:      true,
		Evidence:         a.options.Evidence.URL != "",
		Rates:            a.limitsRates(ctx),
		System:           vars.NewSystem(a.options.FQDN, a.options.Environment, info.Namespace, info.TaskQueue),
	}
	answer.Console = a.options.APIURL
	answer.Page = a.pageOf(request, info.WorkflowExecution.ID)
	read, err := decode(request)
	if err != nil && !errors.As(err, &answer.Problems) {
		answer.Problems = latch.Problems{{Message: err.Error()}}
	}
	answer.AsksForJobs = read.job != nil && len(read.job.Jobs) > 0 && info.Namespace != testNamespace
	answer.Events = make([]protocol.EventAdmission, len(read.events))
	if request.Kind == latch.LifecycleKind {
		// Only a run that was selected as it began asks. This worker's own options may not select it.
		answer.Own, _ = a.ownWebhooks(read, answer.System)
	}
	if len(answer.Problems) == 0 && request.Kind != latch.DeliveryKind {
		if err := a.consult(ctx, a.registryOf(ctx), read, listAge(time.Duration(request.Waited)), &answer); err != nil {
			return protocol.Admission{}, err
		}
		answer.Webhooks = slices.DeleteFunc(answer.Webhooks, func(w protocol.AttachedWebhook) bool {
			return request.Endpoint != "" && w.ID == request.Endpoint
		})
	}
	answer.HoldsAtDeadline = request.Kind == latch.GateKind && slices.ContainsFunc(answer.Webhooks,
		func(w protocol.AttachedWebhook) bool { return w.Enforced })
	if !rehearses(ctx) {
		answer.Starter = a.starterOf(ctx, &request)
		a.checkApprovals(read, &answer)
	}
	answer.Problems = answer.Problems.First(maximumProblems)
	if request.Kind == latch.JobKind || request.Kind == latch.ReleaseKind {
		a.lookForEnds(ctx)
	}
	return answer, nil
}

// pageOf returns the address of the run's page in the console. Releases and registered jobs
// have one.
func (a *Activities) pageOf(request protocol.AdmitRequest, workflowID string) string {
	job, registered := strings.CutPrefix(workflowID, latch.PrefixJobRun)
	switch {
	case a.options.APIURL == "":
		return ""
	case request.Kind == latch.ReleaseKind:
		return locklink.ReleasePage(a.options.APIURL, workflowID)
	case request.Kind == latch.JobKind && registered:
		return locklink.JobPage(a.options.APIURL, job)
	default:
		return ""
	}
}

// maximumProblems bounds how many problems of its input a run records.
const maximumProblems = 100

// An input is the part of a run's input that matters to registered webhooks.
type input struct {
	kind latch.Kind
	// event is the event that an emission or a gate fires, or the type of a workflow that knows
	// nothing of Latch.
	event     string
	variables expr.Variables
	// events are those of a batch. A batch has no other fields.
	events []*input
	// named are the registered jobs that the input names, with their paths.
	named []latch.Problem
	// job is set for a job, with the jobs of its sequence. webhooks are those of any other run.
	job      *latch.Job
	webhooks []latch.Webhook
}

// fired returns the one event that counts, or "" if a run of the kind fires several.
func (i *input) fired() string {
	if i.kind == latch.LifecycleKind {
		return ""
	}
	return i.event
}

func decode(request protocol.AdmitRequest) (*input, error) {
	read, err := decodeInput(request)
	for _, each := range append(read.events, read) {
		if each.variables != nil {
			each.variables["run"], each.variables["now"] = encode(request.Run), encode(request.Now)
		}
	}
	return read, err
}

func decodeInput(request protocol.AdmitRequest) (*input, error) {
	switch request.Kind {
	case latch.JobKind:
		job, err := admission.DecodeJob(request.Input)
		return inputOfJob(job, request), err
	case latch.ReleaseKind:
		release, err := admission.DecodeRelease(request.Input)
		return inputOfRelease(release, request), err
	case latch.DeliveryKind: // made by another run from webhooks that were admitted
		return &input{}, checkOperatorEvent(request.Input)
	case latch.EndpointKind: // made by latch.Endpoint
		var emission latch.Emission
		if err := checkEndpointEvent(request.Input, &emission); err != nil {
			return &input{}, err
		}
		return inputOfEmission(latch.EndpointKind, &emission), nil
	case latch.GateKind:
		gate, err := admission.DecodeGate(request.Input)
		problems, _ := errors.AsType[latch.Problems](err)
		if problems = problems.Merge(gate.ValidateWithin(time.Duration(request.Limit))); len(problems) > 0 {
			err = problems
		}
		return inputOfEmission(latch.GateKind, gate.Emission()), err
	case latch.BatchKind:
		batch, err := admission.DecodeEmissionBatch(request.Input)
		return inputOfBatch(latch.EmissionKind, batch), err
	case latch.LifecycleKind: // made by a worker's interceptor
		return decodeLifecycle(request)
	case latch.WatchKind: // made by latch.Watch
		var notice protocol.WatchNotice
		if err := json.Unmarshal(request.Input, &notice); err != nil {
			return &input{}, err
		}
		batch := notice.Batch()
		return inputOfBatch(latch.WatchKind, &batch), admission.CheckWatch(&notice.Watch).Err()
	default:
		emission, err := admission.DecodeEmission(request.Input)
		return inputOfEmission(latch.EmissionKind, emission), err
	}
}

// checkOperatorEvent refuses any event except those about deliveries, because registered
// webhooks do not apply to this kind of run.
func checkOperatorEvent(data json.RawMessage) error {
	var emission latch.Emission
	if err := latch.Unmarshal(data, &emission); err != nil {
		return err
	}
	if !latch.IsOperatorEvent(emission.Event) {
		return latch.Problems{{Path: "event", Message: fmt.Sprintf("%q is no event about a delivery; fire it without a second argument", emission.Event)}}
	}
	return nil
}

// checkEndpointEvent reads an event about an endpoint, and refuses any other.
func checkEndpointEvent(data json.RawMessage, emission *latch.Emission) error {
	if err := latch.Unmarshal(data, emission); err != nil {
		return err
	}
	if !latch.IsEndpointEvent(emission.Event) {
		return latch.Problems{{Path: "event", Message: fmt.Sprintf("%q is not an event about an endpoint; fire it without a second argument", emission.Event)}}
	}
	return nil
}

// lockBytes is the number of random bytes in a lock's token (contract, "Blocking and locks").
const lockBytes = 16

// Plan makes the locks of an event's blocking hooks, and evaluates `when`.
func (a *Activities) Plan(_ context.Context, request protocol.PlanRequest) (planned []protocol.PlannedHook, err error) {
	planned = make([]protocol.PlannedHook, len(request.Hooks))
	for i, hook := range request.Hooks {
		if hook.When != "" {
			applies, err := evaluateWhen(hook)
			planned[i].Skip = err == nil && !applies
			if err != nil {
				planned[i].Error = err.Error()
			}
		}
		if !hook.Blocking || planned[i].Skip || planned[i].Error != "" {
			continue
		}
		chance := make([]byte, lockBytes)
		rand.Read(chance) // never fails
		planned[i].Lock = request.WorkflowID + ":" + hook.Webhook + ":" + base64.RawURLEncoding.EncodeToString(chance)
		if a.options.APIURL != "" {
			planned[i].LockURL = locklink.URL(a.options.APIURL, planned[i].Lock, a.options.LinkKey)
		}
		if planned[i].Digest, err = digestOf(hook.Shows, &planned[i]); err != nil {
			return nil, fmt.Errorf("digest of the lock of webhook %q: %w", hook.Webhook, err)
		}
	}
	return planned, nil
}

func evaluateWhen(hook protocol.PlanHook) (bool, error) {
	expression, err := expr.Compile(hook.When, expr.When)
	if err != nil {
		return false, err
	}
	return expression.Bool(hook.Variables)
}

// Evaluate returns the verdict on a record.
func (a *Activities) Evaluate(_ context.Context, request protocol.EvaluateRequest) (verdict.Verdict, error) {
	return verdict.Ask(request.Question, request.Record, request.Answer, request.Variables), nil
}

// Render renders templates in JSON.
func (a *Activities) Render(_ context.Context, request protocol.RenderRequest) (protocol.RenderAnswer, error) {
	answer := protocol.RenderAnswer{Values: make([]json.RawMessage, len(request.Values))}
	for i, value := range request.Values {
		tree, err := expr.CompileTree(value)
		if err == nil {
			answer.Values[i], err = tree.Render(request.Variables)
		}
		if err != nil {
			return protocol.RenderAnswer{Error: err.Error()}, nil
		}
	}
	return answer, nil
}
