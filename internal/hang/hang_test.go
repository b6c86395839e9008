package hang_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch/internal/hang"
)

// The SDK's detector gives a workflow task one second. If this package is imported, workflow
// code that takes longer, as it may on a busy machine, passes.
func TestTheDeadlockDetectorOfTheSDKIsOff(t *testing.T) {
	t.Parallel()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.ExecuteWorkflow(func(workflow.Context) error {
		for began := time.Now(); time.Since(began) < 1500*time.Millisecond; {
		}
		return nil
	})
	require.NoError(t, env.GetWorkflowError())
}

// Time that a goroutine waits, for example while others have the processor, does not count.
func TestCPUTimeLeavesOutWaiting(t *testing.T) {
	t.Parallel()
	waiting := make(chan struct{})
	go func() {
		defer close(waiting)
		done.Add(int64(work(50_000_000)))
	}()
	waited := hang.CPUTime(func() { <-waiting })
	worked := hang.CPUTime(func() { done.Add(int64(work(50_000_000))) })
	require.Less(t, waited, worked/2)
}

// done keeps a result, so that the compiler does not remove the work.
var done atomic.Int64

//go:noinline
func work(n int) (sum int) {
	for i := range n {
		sum ^= i
	}
	return sum
}
