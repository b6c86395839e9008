package workflows_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

func TestRunWaitsOutAnOutageOfWhatAnswersItsQuestions(t *testing.T) {
	const attempts int64 = 100 // some fifty minutes
	for _, of := range []string{protocol.ActivityAdmit, protocol.ActivityPlan, protocol.ActivityEvaluate, protocol.ActivityRender} {
		t.Run(of, func(t *testing.T) {
			var asked atomic.Int64
			b := setup(t, around(of, func(ctx context.Context, answer func(context.Context) (any, error)) (any, error) {
				if asked.Add(1) <= attempts {
					return nil, serviceerror.NewDeadlineExceeded("no answer in time")
				}
				return answer(ctx)
			}))
			b.env.RegisterActivityWithOptions(func(given map[string]any) (map[string]any, error) { return given, nil },
				activity.RegisterOptions{Name: "Copy"})
			b.env.RegisterDelayedCallback(func() { b.release(`{"data": {"ok": true}}`) }, 2*time.Hour)
			require.NoError(t, b.run(latch.WorkflowJobRun, `{
				"id": "export", "vars": {"day": "monday"},
				"task": {"activity": {"type": "Copy", "input": {"day": "${vars.day}"}}},
				"webhooks": [{"id": "board", "events": [{"event": "JOB_START", "blocking": true,
					"when": "vars.day == 'monday'", "result": "history.data.ok ? 'pass' : 'fail'"}]}]
			}`))
			require.Equal(t, attempts+1, asked.Load())
		})
	}
}
