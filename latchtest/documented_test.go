package latchtest_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/latchtest"
)

func TestShipHoldsWhatIsOutOfStock(t *testing.T) {
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	hooks := latchtest.New(t, env)
	hooks.On("stock", "SHIPPING").Answer(503, "").Answer(200, `{"result": "fail", "stop_release": true}`)

	env.ExecuteWorkflow(Ship, "order 17")

	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, []string{"SHIPPING stock", "SHIPPING approval"}, hooks.Fired())
	require.Equal(t, latch.Stop, hooks.RequireDelivered("stock", "SHIPPING").Decision)
	hooks.RequireNotFired("board", "SHIPPED")
}

// docs/testing.md shows the test above.
func TestDocumentShowsATestThatRuns(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/testing.md")
	require.NoError(t, err)
	source, err := os.ReadFile("documented_test.go")
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(page), "```go\n")
	require.True(t, found)
	shown, _, found := strings.Cut(rest, "```")
	require.True(t, found)
	require.Contains(t, string(source), shown)
}
