package cli

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"github.com/latch-run/latch/internal/cli/failure"
)

// The command line registers, lists, shows, changes and deletes a watch. It shows the watch as
// in its file.
func TestWatchesCommands(t *testing.T) {
	t.Parallel()
	temporal := newTemporal()
	code, out, errors := execute(watchFile, temporal, "watches", "apply", "-")
	require.Equal(t, failure.ExitOK, code, errors)
	require.Equal(t, "watching as w\n", out)
	require.Equal(t, "latch-watch-w", temporal.Starts[0].GetWorkflowId())

	code, out, _ = execute("", temporal, "watches", "list")
	require.Equal(t, failure.ExitOK, code)
	require.Contains(t, out, "WorkflowType = 'Pay'")
	require.Contains(t, out, "timed_out")
	code, out, _ = execute("", temporal, "watches", "show", "w")
	require.Equal(t, failure.ExitOK, code)
	require.Contains(t, out, "query: WorkflowType = 'Pay'")
	require.Contains(t, out, "https://pager.example/?token=***")
	code, out, _ = execute("", temporal, "watches", "show", "w", "-o", "json")
	require.Equal(t, failure.ExitOK, code)
	require.Equal(t, "latch", object(t, out)["task_queue"])

	code, _, errors = execute("", temporal, "watches", "show", "v")
	require.Equal(t, failure.ExitFailed, code)
	require.Contains(t, errors, `there is no watch "v"`)
	code, _, errors = execute("", temporal, "watches", "delete", "w")
	require.Equal(t, failure.ExitUsage, code)
	require.Contains(t, errors, "--yes")
	code, out, _ = execute("", temporal, "watches", "delete", "w", "--yes")
	require.Equal(t, failure.ExitOK, code)
	require.Equal(t, "deleted w\n", out)
	code, _, _ = execute("", temporal, "watches", "delete", "w", "--yes")
	require.Equal(t, failure.ExitFailed, code)
}

// The problems of a watch are reported with their lines, and so is the server's error about its
// query, before anything is written.
func TestWatchesAreRefused(t *testing.T) {
	t.Parallel()
	code, _, errors := execute("id: w\nwebhooks: [{id: w, url: 'https://example.com/', event: JOB_START}]\n", nil, "watches", "apply", "-")
	require.Equal(t, failure.ExitUsage, code)
	require.Contains(t, errors, "query: required")
	require.Contains(t, errors, "webhooks[0].event: a watch never fires JOB_START")
	require.Contains(t, errors, "line 2")

	for _, args := range []string{"watches apply -", "apply -", "apply --dry-run -"} {
		temporal := newTemporal()
		temporal.ListError = serviceerror.NewInvalidArgument("no mapping for search attribute Typ")
		code, _, errors = execute("id: w\nquery: Typ = 'a'\n"+`webhooks: [{id: w, url: "https://example.com/", event: WORKFLOW_FAILED}]`, temporal, strings.Fields(args)...)
		require.Equal(t, failure.ExitUsage, code, errors)
		require.Contains(t, errors, "query: Temporal does not take it: no mapping for search attribute Typ (line 2")
		require.Empty(t, temporal.Starts)
	}
}

// Watches are declared in files like webhooks: an equal watch is not written, an exported one
// changes nothing, and pruning removes only the owner's.
func TestApplyWatches(t *testing.T) {
	t.Parallel()
	temporal := newTemporal()
	code, out, errors := execute(watchFile, temporal, "apply", "-")
	require.Equal(t, failure.ExitOK, code, errors)
	require.Contains(t, out, "watch w")
	require.Len(t, temporal.Starts, 1)
	code, out, _ = execute("", temporal, "export")
	require.Equal(t, failure.ExitOK, code)
	require.Contains(t, out, "kind: watch\n")
	require.Contains(t, out, "token=***")
	code, _, errors = execute(out, temporal, "apply", "--dry-run", "-")
	require.Equal(t, failure.ExitOK, code, errors)

	changed := strings.Replace(watchFile, "'Pay'", "'Order'", 1)
	code, out, _ = execute(changed, temporal, "apply", "-o", "json", "-")
	require.Equal(t, failure.ExitOK, code)
	require.Contains(t, out, `"field": "query"`)
	code, _, errors = execute(watchFile, temporal, "apply", "--owner", "other", "-")
	require.Equal(t, failure.ExitUsage, code)
	require.Contains(t, errors, `is declared by the owner "apply"`)
	code, out, _ = execute("kind: tag\nid: night\n", temporal, "apply", "--prune", "-")
	require.Equal(t, failure.ExitOK, code)
	require.Contains(t, out, "watch w")
	code, out, _ = execute("", temporal, "watches", "list", "-o", "json")
	require.Equal(t, failure.ExitOK, code)
	require.JSONEq(t, `{"watches":[]}`, out)
}

// A watch's webhook is tried with a made-up run.
func TestTryAWebhookOfAWatch(t *testing.T) {
	t.Parallel()
	file := write(t, "watch.json", watchFile)
	code, out, errors := execute("", nil, "webhook", "test", file, "--event", "WORKFLOW_TIMED_OUT")
	require.Equal(t, failure.ExitOK, code, errors)
	require.Contains(t, out, `"status":"timed_out"`)
	require.Contains(t, out, `"watch":"w"`)
	code, _, errors = execute("", nil, "validate", file)
	require.Equal(t, failure.ExitOK, code, errors)
}
