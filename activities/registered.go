package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/attach"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/registry"
	"github.com/latch-run/latch/internal/vars"
)

// storeKey identifies the registry of a store.
type storeKey struct{ namespace, taskQueue string }

// registryOf returns the asking run's registry. It returns nil in the SDK's test environment,
// which has no server: rehearsed entries are used instead.
func (a *Activities) registryOf(ctx context.Context) *registry.Store {
	info := activity.GetInfo(ctx)
	if info.Namespace == testNamespace {
		return nil
	}
	a.services.Store(info.Namespace, activity.GetClient(ctx).WorkflowService())
	return a.storeOf(storeKey{info.Namespace, a.homeQueue(ctx)})
}

// Resolve returns the current version of a registered job.
func (a *Activities) Resolve(ctx context.Context, request protocol.ResolveRequest) (protocol.ResolveAnswer, error) {
	store := a.registryOf(ctx)
	if store == nil {
		return resolveRehearsed(ctx, request.ID), nil
	}
	entry, err := store.Get(ctx, request.ID)
	if errors.Is(err, registry.ErrUnknown) {
		return protocol.ResolveAnswer{}, nil
	}
	if err != nil {
		return protocol.ResolveAnswer{}, registryError(fmt.Errorf("find registered job %q: %w", request.ID, err))
	}
	return protocol.ResolveAnswer{Definition: &entry.Definition}, nil
}

// Times counts the times of a registered job's schedule at which nothing was started. It
// returns zeros in the SDK's test environment.
func (a *Activities) Times(ctx context.Context, request protocol.TimesRequest) (protocol.Times, error) {
	store := a.registryOf(ctx)
	if store == nil {
		return protocol.Times{}, nil
	}
	times, err := store.Times(ctx, request.ID)
	if err != nil {
		return protocol.Times{}, fmt.Errorf("ask what became of the times of job %q: %w", request.ID, err)
	}
	return times, nil
}

// consult reads from the registry whether the jobs that a run names exist, and which webhooks
// apply to the run.
//
// If the registry cannot be read, it returns an error and the run does not begin, because the
// registry may contain an enforced gate. If another workflow has the registry's id, the
// registry does not exist, and contains nothing. The list of webhooks may have the given age.
func (a *Activities) consult(ctx context.Context, store *registry.Store, read *input, age time.Duration, answer *protocol.Admission) error {
	if store == nil {
		consultRehearsed(ctx, read, answer)
		return nil
	}
	var group errgroup.Group
	var unknown latch.Problems
	var frozen []latch.RegisteredFreeze
	group.Go(func() (err error) {
		unknown, err = unknownJobs(ctx, store, read.named)
		return err
	})
	group.Go(func() error {
		registered, err := store.Webhooks().ListWithin(ctx, age)
		var namesake *registry.NamesakeError
		if errors.As(err, &namesake) { // there is no schedule then, and nothing is registered
			activity.GetLogger(ctx).Error("no webhook is registered, and none can be", "error", namesake)
			err = nil
		}
		if err != nil {
			return registryError(fmt.Errorf("find the registered webhooks that apply to the run: %w", err))
		}
		read.attach(registered, answer)
		return nil
	})
	if read.kind == latch.ReleaseKind {
		group.Go(func() error {
			registered, err := store.Freezes().ListWithin(ctx, age)
			var namesake *registry.NamesakeError
			if err != nil && !errors.As(err, &namesake) {
				return registryError(fmt.Errorf("find the freezes that apply to the release: %w", err))
			}
			frozen = registered
			return nil
		})
	}
	if answer.SearchAttributes {
		group.Go(func() error {
			answer.TagWebhooks = a.known.has(ctx, latch.SearchAttributeWebhooks)
			return nil
		})
	}
	err := group.Wait()
	answer.Problems = answer.Problems.Merge(unknown)
	answer.Freezes = read.freezing(frozen, answer.System) // not beside the webhooks, whose variables it shares
	return err
}

// longestQueued is the longest time that a run waits for a worker that is merely busy. A run
// that waited longer was started with a delay, and begins after it.
const longestQueued = time.Second

// listAge returns the largest age of the list of registered webhooks for a run that was started
// the given time ago: as old as the run, so that it contains every change made before the run
// was started. Runs that wait for a busy worker thus share one reading. Both times are
// differences on one clock each, the server's and the worker's, which need not agree.
func listAge(waited time.Duration) time.Duration {
	if waited > longestQueued {
		return 0
	}
	return waited
}

// registryError returns the error of a registry that could not be read. It is final if Temporal
// denies the worker access, or if another workflow has the id that is looked for, because a
// retry would not help. Other errors may be temporary.
func registryError(err error) error {
	var namesake *registry.NamesakeError
	var answered serviceerror.ServiceError
	code := status.Code(err)
	if errors.As(err, &answered) {
		code = answered.Status().Code()
	}
	final := errors.As(err, &namesake) ||
		slices.Contains([]codes.Code{codes.PermissionDenied, codes.Unauthenticated, codes.InvalidArgument, codes.Unimplemented}, code)
	if !final {
		return err
	}
	return temporal.NewNonRetryableApplicationError(err.Error(), errorUnread, err)
}

// attach adds the registered webhooks that apply to the run, and refuses the run's own webhooks,
// and those of a worker's lifecycles, that have the id of an enforced one.
func (i *input) attach(registered []latch.RegisteredWebhook, answer *protocol.Admission) {
	if i.kind == latch.BatchKind {
		i.attachEach(registered, answer)
		return
	}
	reserved := attach.ReservedBy(registered)
	if i.job != nil {
		reserved.CheckJob(&answer.Problems, "", i.job)
	}
	reserved.Check(&answer.Problems, "webhooks", i.webhooks)
	reserved.Check(&answer.Problems, "Lifecycle.Webhooks", answer.Own)
	answer.Webhooks = applying(registered, i, answer.System)
}

// attachEach is attach for each event of a batch. It contains webhooks that apply to several
// events only once.
func (i *input) attachEach(registered []latch.RegisteredWebhook, answer *protocol.Admission) {
	said := map[string]int{}
	for j, event := range i.events {
		one := protocol.Admission{System: answer.System}
		event.attach(registered, &one)
		answer.Events[j].Problems = one.Problems
		for _, webhook := range one.Webhooks {
			key := string(encode(webhook))
			if _, is := said[key]; !is {
				said[key] = len(answer.Webhooks)
				answer.Webhooks = append(answer.Webhooks, webhook)
			}
			answer.Events[j].Webhooks = append(answer.Events[j].Webhooks, said[key])
		}
	}
}

// unknownJobs returns those of the named jobs that are not registered.
func unknownJobs(ctx context.Context, store *registry.Store, named []latch.Problem) (latch.Problems, error) {
	ids := make([]string, len(named))
	for i, each := range named {
		ids[i] = each.Message
	}
	entries, err := store.GetAll(ctx, ids)
	if err != nil {
		return nil, registryError(fmt.Errorf("find the registered jobs that the sequence names: %w", err))
	}
	found := map[string]bool{}
	for _, entry := range entries {
		found[entry.ID] = true
	}
	return missing(named, found), nil
}

// missing returns the problems for those of the named jobs that were not found.
func missing(named []latch.Problem, found map[string]bool) latch.Problems {
	var problems latch.Problems
	for _, each := range named {
		if !found[each.Message] {
			problems.Addf(each.Path, "%q names no registered job", each.Message)
		}
	}
	return problems
}

// applying returns the registered webhooks that apply to the run, each with the events that it
// fires. A webhook whose `when` fails applies, and fails at its events, so that a mistake in it
// does not remove a gate.
func applying(registered []latch.RegisteredWebhook, read *input, system vars.System) []protocol.AttachedWebhook {
	var applies []protocol.AttachedWebhook
	for i := range registered {
		webhook, listens := registered[i].For(read.kind, read.fired())
		if !listens {
			continue
		}
		when := registered[i].When
		if when != "" {
			variables := read.variables
			variables["system"] = encode(system)
			applicable, err := evaluateWhen(protocol.PlanHook{When: when, Variables: variables})
			switch {
			case err != nil && read.kind == latch.EndpointKind: // there is no job or release to examine
			case err != nil:
				for j := range webhook.Events {
					webhook.Events[j].When = when
				}
			case !applicable:
				continue
			}
		}
		applies = append(applies, protocol.AttachedWebhook{Webhook: webhook, Registered: true,
			Enforced: registered[i].Enforced, SkipGroups: registered[i].SkipGroups})
	}
	return applies
}

// inputOfJob reads the input of a job. Its variable is the one that templates see when
// JOB_START fires.
func inputOfJob(job *latch.Job, request protocol.AdmitRequest) *input {
	status := vars.JobStatus{ID: request.Run.RunID, StartedAt: &request.Now, KVP: latch.Object{}}
	read := &input{kind: latch.JobKind, job: job, variables: expr.Variables{
		"job":  protocol.JobVariable(job, status, request.Fields, request.Run.RunID),
		"vars": encode(vars.OrEmpty(job.Vars)),
	}}
	read.name("", job)
	return read
}

// name collects the registered jobs that a sequence names.
func (i *input) name(path string, job *latch.Job) {
	for n, item := range job.Jobs {
		at := fmt.Sprintf("%sjobs[%d]", path, n)
		if item.Job == nil {
			i.named = append(i.named, latch.Problem{Path: at, Message: item.Registered})
			continue
		}
		i.name(at+".", item.Job)
	}
}

func inputOfRelease(release *latch.Release, request protocol.AdmitRequest) *input {
	read := &input{kind: latch.ReleaseKind, webhooks: release.Webhooks, variables: expr.Variables{}}
	all := release.AllSteps()
	steps := make([]latch.StepResult, len(all))
	for i, step := range all {
		steps[i] = latch.StepResult{Name: step.Name, Status: latch.StepPending}
	}
	vars.AddRelease(read.variables, release, vars.ReleaseStatus{Status: latch.ReleaseRunning, Steps: steps, StartedAt: request.Run.StartedAt})
	if read.variables["instance"] == nil {
		read.variables["instance"] = encode(latch.Object{})
	}
	return read
}

func inputOfEmission(kind latch.Kind, emission *latch.Emission) *input {
	return &input{kind: kind, event: emission.Event, webhooks: emission.Webhooks, variables: expr.Variables{
		"event":    encode(emission.Event),
		"data":     encode(vars.OrEmpty(emission.Data)),
		"instance": encode(vars.OrEmpty(emission.Instance)),
		"vars":     encode(vars.OrEmpty(emission.Vars)),
	}}
}

// inputOfBatch reads several emissions of a kind.
func inputOfBatch(kind latch.Kind, batch *latch.EmissionBatch) *input {
	read := &input{kind: latch.BatchKind}
	for i := range batch.Events {
		read.events = append(read.events, inputOfEmission(kind, &batch.Events[i]))
	}
	return read
}

// encode encodes one of our own values, or one that was decoded before, as JSON.
func encode(value any) json.RawMessage {
	encoded, err := json.Marshal(value)
	if err != nil {
		return nil // a decoded value can be encoded
	}
	return encoded
}
