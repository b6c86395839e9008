package latchtest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/hang"
	"github.com/latch-run/latch/latchtest"
)

// A trial is a user's own test whose failure is known.
type trial struct {
	mutex  sync.Mutex
	errors []string
	ends   []func()
}

func (*trial) Helper()            {}
func (*trial) FailNow()           { runtime.Goexit() }
func (f *trial) Cleanup(e func()) { f.ends = append(f.ends, e) }

func (f *trial) end() {
	for _, end := range f.ends {
		end()
	}
}

func (f *trial) Errorf(format string, args ...any) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.errors = append(f.errors, fmt.Sprintf(format, args...))
}

// try runs a user's own test and returns its failure.
func try(test func(latchtest.T, *testsuite.TestWorkflowEnvironment)) []string {
	f := &trial{}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer f.end()
		test(f, environment())
	}()
	<-ended
	return f.errors
}

// environment returns an environment that logs nothing.
func environment() *testsuite.TestWorkflowEnvironment {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.NewTextHandler(io.Discard, nil))))
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(hang.Limit)
	return env
}

// setup returns hooks that fail the test itself.
func setup(t *testing.T, options latchtest.Options) (*latchtest.Hooks, *testsuite.TestWorkflowEnvironment) {
	t.Helper()
	env := environment()
	return latchtest.NewWithOptions(t, env, options), env
}

// release executes a release with one step that does nothing, and these webhooks.
func release(t require.TestingT, env *testsuite.TestWorkflowEnvironment, webhooks string) latch.ReleaseResult {
	env.ExecuteWorkflow(latch.WorkflowRelease, json.RawMessage(`{
		"id": "shop",
		"steps": [{"name": "deploy", "do": {"http": {"url": "https://shop.example.com/deploy"}}}],
		"webhooks": `+webhooks+`
	}`))
	var result latch.ReleaseResult
	require.NoError(t, env.GetWorkflowError())
	require.NoError(t, env.GetWorkflowResult(&result))
	return result
}

// failsWith requires that there is one failure, which has the text.
func failsWith(t *testing.T, failures []string, text string) {
	t.Helper()
	require.Len(t, failures, 1)
	require.True(t, strings.HasPrefix(failures[0], "latchtest: "), failures[0])
	require.Contains(t, failures[0], text)
}
