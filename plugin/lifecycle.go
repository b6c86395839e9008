package plugin

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/activities"
	"github.com/latch-run/latch/internal/admission"
	"github.com/latch-run/latch/internal/expr"
)

// A Lifecycle selects workflows of a worker's own, by their type, and fires the events of a job
// around each of their runs, without a change to their code: JOB_START before the workflow
// begins, and JOB_COMPLETE with JOB_SUCCESS or JOB_FAILURE once it has ended. The webhooks that
// are registered for the task queue and listen to these events apply as well. Latch's own
// workflows are never selected.
//
// A run to which nobody listens gets no event in its history. That is found out when the run
// begins, and holds for all of it. Give the plugin to the client too: with only the worker, the
// first run in each process asks by a local activity.
//
// A run to which somebody listens replays only in workers with the plugin, with or without
// these options. So have the plugin in all workers of a task queue before one has a Lifecycle.
//
// A hook that blocks at JOB_START holds the workflow, which has then not begun: whoever removes
// the lock with a result of fail makes it fail, as JobFailed. Updates of the workflow's own are
// refused while it is held. See the contract, "Lifecycle".
type Lifecycle struct {
	// Types is a workflow type, such as "Order*", in which an asterisk stands for any text. It is
	// required.
	Types string
	// When is an expression over job, vars, run, system and now as the run begins. If it is
	// false, the run is not selected. The workflow's arguments are vars.input, the first one,
	// and vars.args.
	When string
	// Webhooks are told of the selected runs. Their ids are unique in the plugin.
	Webhooks []latch.Webhook
}

// knowConnection tells the activities the connection of the client: a run that begins is looked
// up by it, before a worker has run an activity.
func (p *Plugin) knowConnection(options *client.Options) {
	namespace := cmp.Or(options.Namespace, client.DefaultNamespace)
	var once sync.Once
	note := func(ctx context.Context, method string, request, reply any, connection *grpc.ClientConn, invoke grpc.UnaryInvoker,
		calls ...grpc.CallOption) error {
		once.Do(func() { p.activities.Know(namespace, workflowservice.NewWorkflowServiceClient(connection)) })
		return invoke(ctx, method, request, reply, connection, calls...)
	}
	options.ConnectionOptions.DialOptions = append(slices.Clone(options.ConnectionOptions.DialOptions), grpc.WithChainUnaryInterceptor(note))
}

func lifecyclesOf(given []Lifecycle) []activities.Lifecycle {
	var lifecycles []activities.Lifecycle
	for _, each := range given {
		lifecycles = append(lifecycles, activities.Lifecycle(each))
	}
	return lifecycles
}

// checkLifecycles returns all problems of the lifecycles, by their paths.
func checkLifecycles(given []Lifecycle) error {
	var problems latch.Problems
	ids := map[string]string{}
	for i := range given {
		at := fmt.Sprintf("Lifecycle[%d]", i)
		given[i].check(&problems, at)
		for j, webhook := range given[i].Webhooks {
			place := fmt.Sprintf("%s.Webhooks[%d]", at, j)
			if first, taken := ids[webhook.ID]; taken && !strings.HasPrefix(first, at+".") {
				problems.Addf(place+".id", "%q is the id of %s too", webhook.ID, first)
			}
			ids[webhook.ID] = place
		}
	}
	return problems.Err()
}

func (l *Lifecycle) check(problems *latch.Problems, at string) {
	switch {
	case l.Types == "" || !utf8.ValidString(l.Types):
		problems.Addf(at+".Types", "%q is not a workflow type, such as \"Order\" or \"Order*\"", l.Types)
	case strings.HasPrefix(l.Types, latch.WorkflowPrefix):
		problems.Addf(at+".Types", "%q selects Latch's own workflows, which fire their own events", l.Types)
	}
	if l.When != "" {
		if _, err := expr.Compile(l.When, expr.When); err != nil {
			problems.Addf(at+".When", "%v", err)
		}
	}
	// The webhooks are those of a job, whose task is of no importance.
	job := latch.Job{ID: "lifecycle", Task: &latch.Task{Command: &latch.CommandTask{Argv: []string{"true"}}}, Webhooks: l.Webhooks}
	for _, problem := range admission.CheckJob(&job) {
		problems.Addf(at+"."+strings.Replace(problem.Path, "webhooks", "Webhooks", 1), "%s", problem.Message)
	}
	for j := range l.Webhooks {
		for k, settings := range l.Webhooks[j].EventSettings() {
			if !settings.AllowsSelf() {
				problems.Addf(fmt.Sprintf("%s.Webhooks[%d].events[%d].allow_self", at, j, k), "false needs a run whose starter is proven; "+
					"nobody proves who starts a workflow that knows nothing of Latch")
			}
			if settings.Event == latch.EventJobSkipped || settings.Event == latch.EventJobMissed {
				problems.Addf(fmt.Sprintf("%s.Webhooks[%d].events[%d].event", at, j, k), "%s fires only for registered jobs; a workflow has %s",
					settings.Event, strings.Join(slices.DeleteFunc(latch.EventsOf(latch.JobKind),
						func(e string) bool { return !latch.IsLifecycleEvent(e) }), ", "))
			}
		}
	}
}
