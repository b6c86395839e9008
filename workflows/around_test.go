package workflows_test

import (
	"context"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
)

// around returns an interceptor that calls handle in place of one activity. handle may call
// next, which runs the activity itself.
func around(name string, handle func(ctx context.Context, next func(context.Context) (any, error)) (any,
	error)) interceptor.WorkerInterceptor {
	return &aroundWorker{name: name, handle: func(ctx context.Context, _ []any, next func(context.Context) (any, error)) (any, error) {
		return handle(ctx, next)
	}}
}

// insteadOf returns an interceptor that answers in place of one activity.
func insteadOf[Q, A any](name string, answer func(Q) (A, error)) interceptor.WorkerInterceptor {
	return &aroundWorker{name: name, handle: func(_ context.Context, args []any, _ func(context.Context) (any, error)) (any, error) {
		return answer(args[0].(Q))
	}}
}

type aroundWorker struct {
	interceptor.WorkerInterceptorBase
	name   string
	handle func(context.Context, []any, func(context.Context) (any, error)) (any, error)
}

func (w *aroundWorker) InterceptActivity(_ context.Context,
	next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	return &aroundActivity{interceptor.ActivityInboundInterceptorBase{Next: next}, w}
}

type aroundActivity struct {
	interceptor.ActivityInboundInterceptorBase
	worker *aroundWorker
}

func (a *aroundActivity) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	next := func(ctx context.Context) (any, error) { return a.Next.ExecuteActivity(ctx, in) }
	if activity.GetInfo(ctx).ActivityType.Name != a.worker.name {
		return next(ctx)
	}
	return a.worker.handle(ctx, in.Args, next)
}
