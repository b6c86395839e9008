package server

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/latch-run/latch/internal/hang"
)

// A call outlives the SDK's ten seconds, unless its caller or its own timeout ends it.
func TestACallOutlivesTheSDKsDeadline(t *testing.T) {
	t.Parallel()
	const query = "/temporal.api.workflowservice.v1.WorkflowService/QueryWorkflow"
	for name, test := range map[string]struct {
		method  string
		allowed time.Duration // by the caller's context; 0 for only the SDK's
		cancels time.Duration // when the caller cancels; 0 for never
		answers time.Duration // when the server has its answer
		abandon bool          // the first try meets a worker that stops
		took    time.Duration
		code    codes.Code
	}{
		"an answer after a minute": {method: query, answers: time.Minute, took: time.Minute},
		"a worker that stops":      {method: query, abandon: true, answers: time.Second, took: time.Second},
		"no answer at all":         {method: query, answers: 24 * time.Hour, took: hang.Limit, code: codes.DeadlineExceeded},
		"a caller with less patience": {method: query, allowed: 2 * time.Second, answers: time.Minute,
			took: 2 * time.Second, code: codes.DeadlineExceeded},
		"a caller that goes away": {method: query, cancels: 5 * time.Second, answers: time.Minute,
			took: 5 * time.Second, code: codes.Canceled},
		"a worker's poll": {method: "/temporal.api.workflowservice.v1.WorkflowService/PollActivityTaskQueue",
			answers: time.Minute, took: sdkPatience, code: codes.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				caller, leave := context.WithCancel(t.Context())
				defer leave()
				if test.cancels > 0 {
					time.AfterFunc(test.cancels, leave)
				}
				allowed := sdkPatience
				if test.allowed > 0 {
					allowed = test.allowed
				}
				ctx, cancel := context.WithTimeout(caller, allowed)
				defer cancel()
				begun := time.Now()
				answered := begun.Add(test.answers)
				abandon := test.abandon
				err := persist(ctx, test.method, nil, nil, nil,
					func(ctx context.Context, _ string, _, _ any, _ *grpc.ClientConn, _ ...grpc.CallOption) error {
						if abandon {
							abandon = false
							return serviceerror.NewQueryFailed(context.Canceled.Error()).(*serviceerror.QueryFailed).Status().Err()
						}
						select {
						case <-time.After(time.Until(answered)):
							return nil
						case <-ctx.Done():
							return status.FromContextError(ctx.Err()).Err()
						}
					})
				require.Equal(t, test.code, status.Code(err))
				require.Equal(t, test.took, time.Since(begun))
			})
		})
	}
}
