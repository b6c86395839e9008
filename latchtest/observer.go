package latchtest

import (
	"strings"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// A run is one workflow run in the environment.
type run struct {
	id      string
	ctx     workflow.Context
	inbound interceptor.WorkflowInboundInterceptor
	locks   []latch.OpenLock
}

// records returns the run's records, or nil for a workflow that has none.
func (r *run) records() ([]latch.Record, error) {
	if r.ctx == nil {
		return nil, nil
	}
	all := []any{converter.NewRawValue(nil)}
	answer, err := r.inbound.HandleQuery(r.ctx, &interceptor.HandleQueryInput{QueryType: latch.QueryHistory, Args: all})
	if err != nil && strings.HasPrefix(err.Error(), "unknown queryType") {
		return nil, nil // the workflow does not use Latch
	}
	records, _ := answer.([]latch.Record)
	return records, err
}

// An observer intercepts every workflow and every activity of the environment.
type observer struct {
	interceptor.WorkerInterceptorBase
	hooks *Hooks
}

// InterceptWorkflow records a run.
func (o *observer) InterceptWorkflow(
	ctx workflow.Context, next interceptor.WorkflowInboundInterceptor,
) interceptor.WorkflowInboundInterceptor {
	noted := &run{id: workflow.GetInfo(ctx).WorkflowExecution.ID, inbound: next}
	o.hooks.mutex.Lock()
	defer o.hooks.mutex.Unlock()
	o.hooks.runs = append(o.hooks.runs, noted)
	return &inbound{interceptor.WorkflowInboundInterceptorBase{Next: next}, o.hooks, noted}
}

type inbound struct {
	interceptor.WorkflowInboundInterceptorBase
	hooks *Hooks
	run   *run
}

func (i *inbound) Init(out interceptor.WorkflowOutboundInterceptor) error {
	return i.Next.Init(&outbound{interceptor.WorkflowOutboundInterceptorBase{Next: out}, i})
}

func (i *inbound) ExecuteWorkflow(ctx workflow.Context, in *interceptor.ExecuteWorkflowInput) (any, error) {
	i.run.ctx = ctx
	return i.Next.ExecuteWorkflow(ctx, in)
}

type outbound struct {
	interceptor.WorkflowOutboundInterceptorBase
	inbound *inbound
}

// maximumAttempts bounds the attempts of a delivery or a task. Time is skipped,
// so a day of attempts takes no time, but a month of them would not end.
const maximumAttempts = 1000

// ExecuteActivity applies the retry policy of requests in full, because the
// environment limits an activity without a maximum to ten attempts.
func (o *outbound) ExecuteActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	options := workflow.GetActivityOptions(ctx)
	sends := name == latch.ActivitySendWebhook || name == latch.ActivityHTTP
	if sends && options.RetryPolicy != nil && options.RetryPolicy.MaximumAttempts == 0 {
		policy := *options.RetryPolicy
		policy.MaximumAttempts = maximumAttempts
		options.RetryPolicy = &policy
		ctx = workflow.WithActivityOptions(ctx, options)
	}
	return o.Next.ExecuteActivity(ctx, name, args...)
}

// ExecuteChildWorkflow observes deliveries that a run hands over.
func (o *outbound) ExecuteChildWorkflow(ctx workflow.Context, name string, args ...any) workflow.ChildWorkflowFuture {
	if len(args) > 0 && name == latch.WorkflowDeliver {
		if delivery, is := args[0].(protocol.Delivery); is {
			o.inbound.hooks.handOver(workflow.GetInfo(ctx).WorkflowExecution, delivery.Send.Request.DeliveryID)
		}
	}
	return o.Next.ExecuteChildWorkflow(ctx, name, args...)
}

// UpsertMemo observes the run's open locks, which it stores in its memo.
func (o *outbound) UpsertMemo(ctx workflow.Context, memo map[string]any) error {
	if locks, shown := memo[latch.MemoLocks].([]latch.OpenLock); shown {
		o.inbound.hooks.noticeLocks(o.inbound.run, locks)
	}
	return o.Next.UpsertMemo(ctx, memo)
}
