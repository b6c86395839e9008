package workflows

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/vars"
	"github.com/latch-run/latch/internal/verdict"
)

// A job of a sequence sees the earlier jobs in the variable jobs. Few jobs use it, and in a long
// sequence it would be the largest part of their histories. So a sequence passes the earlier jobs
// only to a job whose templates or expressions name them. Any other job gets an Untold, and asks
// the sequence if it needs them later: for a registered webhook, for the digest of a lock, or for a
// job within it.

// maximumSiblings bounds how many of the previous jobs a job of a sequence sees (contract,
// "Job"): those that ended last. Otherwise the cost of a long sequence would grow with the
// square of its length.
const maximumSiblings = 100

// siblings are the jobs before a job in its sequence, and in those around that.
type siblings struct {
	known protocol.Siblings
	// untold stands for them while the run has not asked for them, and is nil otherwise. sequence
	// is the run to ask.
	untold   *protocol.Untold
	sequence *protocol.ParentRun
	// asking reports that a coroutine asks. asked reports that known is the answer.
	asking, asked bool
}

// siblingsIn reads the second argument of a job that the parent has started.
func siblingsIn(argument []byte, parent *protocol.ParentRun) siblings {
	var given protocol.Siblings
	if len(argument) > 0 && json.Unmarshal(argument, &given) != nil {
		given = nil // not passed by a sequence
	}
	if untold := given.Untold(); untold != nil {
		return siblings{untold: untold, sequence: parent}
	}
	return siblings{known: given}
}

// parentOf returns the run that started this one as a child, or nil.
func parentOf(ctx workflow.Context) *protocol.ParentRun {
	parent := workflow.GetInfo(ctx).ParentWorkflowExecution
	if parent == nil {
		return nil
	}
	return &protocol.ParentRun{WorkflowID: parent.ID, RunID: parent.RunID}
}

// request returns the question for what is untold, or nil.
func (s *siblings) request() *protocol.EarlierRequest {
	if s.untold == nil {
		return nil
	}
	request := &protocol.EarlierRequest{Untold: *s.untold}
	if s.sequence != nil {
		request.ParentRun = *s.sequence
	}
	return request
}

// carried returns what the next run of the chain cannot read in its argument.
func (s *siblings) carried() protocol.Siblings {
	if !s.asked {
		return nil
	}
	return s.known
}

// takeOver takes what an earlier run of the chain has carried.
func (s *siblings) takeOver(carried protocol.Siblings) {
	if carried != nil {
		s.known, s.untold, s.asked = carried, nil, true
	}
}

// ask asks for what is untold. It waits for a worker that can replay the sequence, and fails
// only if ctx is cancelled or Temporal no longer has the run.
func (s *siblings) ask(ctx workflow.Context) error {
	if err := workflow.Await(ctx, func() bool { return !s.asking }); err != nil {
		return err
	}
	request := s.request()
	if request == nil {
		return nil // another coroutine has asked
	}
	s.asking = true
	defer func() { s.asking = false }()
	answer := protocol.Siblings{}
	asked := workflow.ExecuteActivity(asksRun(ctx, "Read the earlier jobs"), protocol.ActivityEarlierJobs, request)
	if err := asked.Get(ctx, &answer); err != nil {
		return err
	}
	s.takeOver(answer)
	return nil
}

// asksRun returns a context for activities that ask another run. A worker may have to replay
// that run, so they are repeated until one does.
func asksRun(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: time.Minute,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: time.Minute},
		Summary:             summary,
	})
}

// known returns the jobs that precede this one in its sequence, and some of its own.
func (r *jobRun) known(own []latch.JobResult) protocol.Siblings {
	known := protocol.Siblings{}
	maps.Copy(known, r.siblings.known)
	for _, job := range own {
		known[job.ID] = protocol.Sibling{Status: job.Status, KVP: job.KVP}
	}
	return known
}

// argumentFor makes the second argument of a job of the sequence: the earlier jobs, or an Untold
// in their place.
func (r *jobRun) argumentFor(job *latch.Job) protocol.Siblings {
	if r.siblings.untold == nil {
		known := r.known(r.done.before(r.done.count, maximumSiblings))
		if len(known) == 0 || !r.admission.AsksForJobs || readsJobs(job) {
			return known
		}
	}
	return protocol.Untold{Count: r.done.count, Attempt: r.attempt}.Siblings()
}

// earlierJobs handles the query of a job that was started with an Untold.
func (r *jobRun) earlierJobs(untold protocol.Untold) (protocol.EarlierJobs, error) {
	if untold.Attempt != r.attempt {
		return protocol.EarlierJobs{Repeated: true}, nil
	}
	return protocol.EarlierJobs{Jobs: r.known(r.done.before(untold.Count, maximumSiblings)), Beyond: r.siblings.request()}, nil
}

// learn completes the variables of something that may look at the earlier jobs. If these cannot
// be had, the expressions that look at them fail, and say why.
func (r *jobRun) learn(ctx workflow.Context, variables expr.Variables) {
	if err := r.siblings.ask(ctx); err != nil {
		variables["jobs"] = expr.Unknown(rootMessage(err))
		return
	}
	variables["jobs"] = rawjson.Encode(r.known(r.done.list))
}

// taskVariables returns the variables of the job's task. It fails only if ctx is cancelled while
// the run asks for the earlier jobs.
func (r *jobRun) taskVariables(ctx workflow.Context) (expr.Variables, error) {
	variables := r.variables(nil)
	if r.siblings.untold == nil || !readsJobs(r.job.Task) {
		return variables, nil
	}
	r.learn(ctx, variables)
	return variables, ctx.Err()
}

// inform completes the variables of an event before it is planned.
func (r *jobRun) inform(ctx workflow.Context, f *firing) {
	if r.siblings.untold != nil && slices.ContainsFunc(f.hooks, (*hook).readsJobs) {
		r.learn(disconnect(ctx), f.variables)
	}
}

// readsJobs reports whether the hook may look at the earlier jobs: in its plan, its request or
// its decision.
func (h *hook) readsJobs() bool {
	needed := slices.Concat(mentioned(h.settings.When), neededByDelivery(h.webhook, h.settings),
		neededBy(verdict.ForEvent(h.settings, h.firing.scope)))
	if h.settings.Blocking || h.mayAsk() {
		needed = append(needed, vars.Shown()...)
	}
	return slices.Contains(needed, "jobs")
}
