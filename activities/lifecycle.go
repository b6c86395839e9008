package activities

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.temporal.io/api/workflowservice/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/attach"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/registry"
	"github.com/latch-run/latch/internal/vars"
)

// A Lifecycle selects workflows that know nothing of Latch, and says who is told of their
// beginnings and ends.
type Lifecycle struct {
	// Types is a workflow type. An asterisk stands for any text.
	Types string
	// When is an expression, as a registered webhook's.
	When string
	// Webhooks are told of the runs, beside the registered ones.
	Webhooks []latch.Webhook
}

// matches reports whether the lifecycle is for a workflow type.
func (l *Lifecycle) matches(workflowType string) bool {
	pattern := strings.ReplaceAll(regexp.QuoteMeta(l.Types), `\*`, "(?s:.*)")
	return regexp.MustCompile("^" + pattern + "$").MatchString(workflowType)
}

// registryPatience bounds how long a run that begins waits in its workflow code for the
// registered webhooks. The SDK takes workflow code that does not yield for a second for
// deadlocked.
const registryPatience = 500 * time.Millisecond

// Listen reports whether anybody listens to the events around a run that begins, without an
// event in its history. A registry that cannot be read in time may have a gate. A run that is to
// be refused is held, so that it fails before its work.
func (a *Activities) Listen(request protocol.ListenRequest) protocol.Listening {
	read := inputOfLifecycle(&request.LifecycleRun, request.Run, request.Now)
	system := vars.NewSystem(a.options.FQDN, a.options.Environment, request.Namespace, request.TaskQueue)
	own, selected := a.ownWebhooks(read, system)
	if !selected {
		return protocol.Listening{}
	}
	registered, known := a.registeredNow(request)
	if !known {
		return protocol.Listening{Listens: true, Holds: !request.Continues}
	}
	return a.hear(read, protocol.Admission{Own: own, System: system}, registered, request.Continues)
}

// hear examines who listens to a run, by what is known of its admission.
func (a *Activities) hear(read *input, admission protocol.Admission, registered []latch.RegisteredWebhook,
	continues bool) protocol.Listening {
	read.attach(registered, &admission)
	a.checkApprovals(read, &admission)
	heard := listening(attach.Merge(admission.Own, admission.Webhooks), continues)
	heard.Holds = heard.Holds || heard.Listens && len(admission.Problems) > 0 && !continues
	return heard
}

// listening examines the webhooks of a run that begins, or goes on for another one.
func listening(all []protocol.AttachedWebhook, continues bool) protocol.Listening {
	var answer protocol.Listening
	for i := range all {
		for _, event := range latch.EventsOf(latch.JobKind) {
			start := event == latch.EventJobStart
			if _, listens := all[i].On(event); !listens || !latch.IsLifecycleEvent(event) || start && continues {
				continue
			}
			answer.Listens = true
			answer.Holds = answer.Holds || start && attach.HoldsStart(&all[i].Webhook)
		}
	}
	return answer
}

// Selects reports whether a lifecycle is for the workflow type.
func (a *Activities) Selects(workflowType string) bool {
	return slices.ContainsFunc(a.options.Lifecycle, func(l Lifecycle) bool { return l.matches(workflowType) })
}

// ownWebhooks returns the webhooks of the lifecycles that select the run, and whether one does.
// One whose `when` fails selects it, and its webhooks fail at their events, so that a mistake
// does not remove a gate.
func (a *Activities) ownWebhooks(read *input, system vars.System) (own []latch.Webhook, selected bool) {
	variables := expr.Variables{"system": encode(system)}
	for name, value := range read.variables {
		variables[name] = value
	}
	for i := range a.options.Lifecycle {
		lifecycle := &a.options.Lifecycle[i]
		if !lifecycle.matches(read.event) {
			continue
		}
		var failed error
		if lifecycle.When != "" {
			applies, err := evaluateWhen(protocol.PlanHook{When: lifecycle.When, Variables: variables})
			if err == nil && !applies {
				continue
			}
			failed = err
		}
		selected = true
		for _, webhook := range lifecycle.Webhooks {
			if failed != nil {
				webhook = failing(webhook, lifecycle.When)
			}
			own = append(own, webhook)
		}
	}
	return own, selected
}

// failing returns the webhook with an expression that fails at each of its events.
func failing(webhook latch.Webhook, when string) latch.Webhook {
	settings := slices.Clone(webhook.EventSettings())
	for i := range settings {
		settings[i].When = when
	}
	webhook.Event, webhook.Events = "", settings
	return webhook
}

// registeredNow returns the registered webhooks, and whether they could be read.
func (a *Activities) registeredNow(request protocol.ListenRequest) ([]latch.RegisteredWebhook, bool) {
	if _, known := a.services.Load(request.Namespace); !known || request.Namespace == testNamespace {
		return nil, false
	}
	ctx, cancel := context.WithTimeout(context.Background(), registryPatience)
	defer cancel()
	store := a.storeOf(storeKey{request.Namespace, request.TaskQueue})
	all, err := store.Webhooks().ListWithin(ctx, listAge(time.Duration(request.Waited)))
	var namesake *registry.NamesakeError
	if errors.As(err, &namesake) { // there is no schedule then, and nothing is registered
		return nil, true
	}
	return all, err == nil
}

// Know tells the activities how to ask the server about a namespace, before one of them runs
// there.
func (a *Activities) Know(namespace string, service workflowservice.WorkflowServiceClient) {
	a.services.Store(namespace, service)
}

// HasLifecycle reports whether events fire around workflows that know nothing of Latch.
func (a *Activities) HasLifecycle() bool { return len(a.options.Lifecycle) > 0 }

// storeOf returns the registry of a task queue in a namespace that it can ask about.
func (a *Activities) storeOf(key storeKey) *registry.Store {
	if store, found := a.stores.Load(key); found {
		return store.(*registry.Store)
	}
	store, _ := a.stores.LoadOrStore(key, registry.New(registry.Options{
		Service: func() workflowservice.WorkflowServiceClient {
			newest, _ := a.services.Load(key.namespace)
			return newest.(workflowservice.WorkflowServiceClient)
		},
		Namespace: key.namespace, TaskQueue: key.taskQueue, Identity: "latch-worker", DataConverter: a.dataConverter(),
	}))
	return store.(*registry.Store)
}

// decodeLifecycle reads the run around which a worker fires events. Its event is its type.
func decodeLifecycle(request protocol.AdmitRequest) (*input, error) {
	var run protocol.LifecycleRun
	if err := json.Unmarshal(request.Input, &run); err != nil {
		return &input{}, err
	}
	return inputOfLifecycle(&run, request.Run, request.Now), nil
}

// inputOfLifecycle returns what matters to registered webhooks of the run. Its variables are
// those that templates see when JOB_START fires.
func inputOfLifecycle(run *protocol.LifecycleRun, shown vars.Run, now latch.Time) *input {
	status := vars.JobStatus{ID: shown.RunID, StartedAt: &now, KVP: latch.Object{}}
	variables := run.Variables(status, nil)
	variables["run"], variables["now"] = encode(shown), encode(now)
	return &input{kind: latch.LifecycleKind, event: run.Type, variables: variables}
}
