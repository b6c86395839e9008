package workflows_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch/workflows"
)

// unkept are changes of which no history is kept, with the reasons.
var unkept = map[string]string{
	"crowded-out":         "it takes more than 20,000 events, and a history that is kept has at most 128 KiB",
	"goes-on-after-death": "a worker has to be killed in the moment in which its delivery is cancelled",
	"result-in-any-case":  "no answer is known that makes a run of today ask for it; earlier-result-in-capitals is of a run from before",
}

// Every workflow and every change is in a history that is kept, so that it is replayed. `make
// histories` keeps those of the end-to-end tests.
func TestEveryWorkflowAndChangeIsInAHistory(t *testing.T) {
	t.Parallel()
	types, changes := map[string]bool{}, map[string]bool{}
	files, err := filepath.Glob("testdata/*.json")
	require.NoError(t, err)
	for _, file := range files {
		history := historyOf(t, file)
		types[history.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetWorkflowType().GetName()] = true
		for _, change := range changesOf(t, history) {
			changes[change] = true
		}
	}
	for _, name := range registeredNames() {
		require.True(t, types[name], "no history of a workflow %s is kept", name)
	}
	for _, change := range knownChanges(t) {
		require.NotEqual(t, changes[change], unkept[change] != "", "whether a history with the change %q is kept", change)
	}
}

// historyOf reads a history that is kept.
func historyOf(t *testing.T, file string) *historypb.History {
	t.Helper()
	text, err := os.Open(file)
	require.NoError(t, err)
	defer text.Close()
	history, err := client.HistoryFromJSON(text, client.HistoryJSONOptions{})
	require.NoError(t, err, file)
	require.NotEmpty(t, history.GetEvents(), file)
	return history
}

// changesOf returns the changes that a run has asked for.
func changesOf(t *testing.T, history *historypb.History) (changes []string) {
	t.Helper()
	for _, event := range history.GetEvents() {
		for _, payload := range event.GetMarkerRecordedEventAttributes().GetDetails()["change-id"].GetPayloads() {
			var change string
			require.NoError(t, json.Unmarshal(payload.GetData(), &change))
			changes = append(changes, change)
		}
	}
	return changes
}

// A nameRegistry notes the names under which workflows are registered.
type nameRegistry []string

func (r *nameRegistry) RegisterWorkflowWithOptions(_ any, options workflow.RegisterOptions) {
	*r = append(*r, options.Name)
}

func registeredNames() []string {
	var names nameRegistry
	workflows.Register(&names)
	return names
}

// knownChanges are the constants of versions.go.
func knownChanges(t *testing.T) (changes []string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), "versions.go", nil, 0)
	require.NoError(t, err)
	ast.Inspect(parsed, func(node ast.Node) bool {
		if literal, is := node.(*ast.BasicLit); is && literal.Kind == token.STRING {
			change, err := strconv.Unquote(literal.Value)
			require.NoError(t, err)
			changes = append(changes, change)
		}
		return true
	})
	changes = slices.DeleteFunc(changes, func(each string) bool { return each == "go.temporal.io/sdk/workflow" })
	require.NotEmpty(t, changes)
	return changes
}
