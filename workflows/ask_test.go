package workflows_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// An outage lets an activity fail so many times before it answers.
type outage struct {
	interceptor.WorkerInterceptorBase
	of    string
	times int

	mutex sync.Mutex
	asked int
}

func (o *outage) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	return &failing{interceptor.ActivityInboundInterceptorBase{Next: next}, o}
}

func (o *outage) fails() bool {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.asked++
	return o.asked <= o.times
}

type failing struct {
	interceptor.ActivityInboundInterceptorBase
	outage *outage
}

func (f *failing) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	if activity.GetInfo(ctx).ActivityType.Name == f.outage.of && f.outage.fails() {
		return nil, serviceerror.NewDeadlineExceeded("no answer in time")
	}
	return f.Next.ExecuteActivity(ctx, in)
}

func TestRunWaitsOutAnOutageOfWhatAnswersItsQuestions(t *testing.T) {
	const attempts = 100 // some fifty minutes
	for _, of := range []string{protocol.ActivityAdmit, protocol.ActivityPlan, protocol.ActivityEvaluate, protocol.ActivityRender} {
		t.Run(of, func(t *testing.T) {
			out := &outage{of: of, times: attempts}
			b := setup(t, out)
			b.env.RegisterActivityWithOptions(func(given map[string]any) (map[string]any, error) { return given, nil },
				activity.RegisterOptions{Name: "Copy"})
			b.env.RegisterDelayedCallback(func() { b.release(`{"data": {"ok": true}}`) }, 2*time.Hour)
			require.NoError(t, b.run(latch.WorkflowJobRun, `{
				"id": "export", "vars": {"day": "monday"},
				"task": {"activity": {"type": "Copy", "input": {"day": "${vars.day}"}}},
				"webhooks": [{"id": "board", "events": [{"event": "JOB_START", "blocking": true,
					"when": "vars.day == 'monday'", "result": "history.data.ok ? 'pass' : 'fail'"}]}]
			}`))
			require.Equal(t, attempts+1, out.asked)
		})
	}
}
