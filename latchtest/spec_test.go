package latchtest_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/latchtest"
)

// Users' files are run unchanged. A problem in one is reported by its run.
func TestSpec(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ file, workflow, fails string }{
		"../examples/job.yaml":      {"", latch.WorkflowJobRun, ""},
		"../examples/sequence.yaml": {"", latch.WorkflowJobRun, ""},
		"../examples/release.json":  {"", latch.WorkflowRelease, ""},
		"../examples/emission.json": {"", latch.WorkflowEmit, ""},
		"wrong.yaml":                {"id: x\nsteps: []\n", latch.WorkflowRelease, "steps: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hooks, env := setup(t, latchtest.Options{})
			path := name
			if test.file != "" {
				path = write(t, name, test.file)
			}
			workflow, input := hooks.Spec(path)
			require.Equal(t, test.workflow, workflow)
			require.True(t, json.Valid(input))
			if test.fails != "" {
				env.ExecuteWorkflow(workflow, input)
				require.ErrorContains(t, env.GetWorkflowError(), test.fails)
			}
		})
	}
}

// A file that is not a job, release or emission ends the test.
func TestSpecThatIsNone(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ file, says string }{
		"missing.yaml": {"", "no such file"},
		"two.yaml":     {"id: a\ntask: {}\n---\nid: b\ntask: {}\n", "document"},
		"broken.json":  {`{"id":`, "Spec("},
		"nothing.yaml": {"a: 1\n", "Spec("},
		"webhook.yaml": {"id: board\nurl: https://board.example.com\nevent: JOB_SUCCESS\n", "which has no runs; give a job"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := name
			if test.file != "" {
				path = write(t, name, test.file)
			}
			failures := try(func(ft latchtest.T, env *testsuite.TestWorkflowEnvironment) {
				latchtest.New(ft, env).Spec(path)
				t.Error("the test went on")
			})
			failsWith(t, failures, test.says)
		})
	}
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}
