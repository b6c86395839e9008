package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/cli/failure"
)

const plannedRelease = `
id: shop
vars: {version: v7}
steps:
  - name: migrate
    do: {activity: {type: Migrate}}
    undo: {activity: {type: Restore}}
webhooks:
  - id: tests
    url: https://tests.example.com/
    secret: tests
    body: {version: "${vars.version}"}
    events: [{event: AFTER_STEP, rollback_release: history.data.failed > 0}]
`

// planFiles writes the release and answers, and returns the names of the files.
func planFiles(t *testing.T, answers string) (release, given string) {
	t.Helper()
	release, given = filepath.Join(t.TempDir(), "release.yaml"), filepath.Join(t.TempDir(), "answers.yaml")
	require.NoError(t, os.WriteFile(release, []byte(plannedRelease), 0o600))
	require.NoError(t, os.WriteFile(given, []byte(answers), 0o600))
	return release, given
}

// A plan shows the events in order, and the requests.
func TestReleasePlan(t *testing.T) {
	t.Parallel()
	release, answers := planFiles(t, "webhooks:\n  - {webhook: tests, answers: [{body: {failed: 2}}]}\n  - {webhook: board, locks: [{never: true}]}\n")
	code, out, stderr := execute("", nil, "release", "plan", release, "--answers", answers, "--offline", "--requests")
	require.Equal(t, failure.ExitOK, code, stderr)
	for _, line := range []string{
		"0s\tStep migrate\t-\t-\tactivity Migrate\t(assumed)\n",
		"0s\trequest\tAFTER_STEP (migrate)\ttests\tPOST https://tests.example.com/\t200\n",
		"0s\tdecides\tAFTER_STEP (migrate)\ttests\trollback_release: history.data.failed > 0\trollback\n",
		"0s\tUndo step migrate\t-\t-\tactivity Restore\t(assumed)\n",
		"\nPOST https://tests.example.com/\n", "\"version\":\"v7\"}\n",
		"release-shop would end as rolled_back\n  decided by: webhook tests at AFTER_STEP\n  step migrate: undone\n",
	} {
		require.Contains(t, out, line)
	}
	require.Contains(t, stderr, "Warning: "+answers+": webhooks[1].locks: nothing asked for it\n")
	code, out, _ = execute("", nil, "release", "plan", release, "--offline", "-o", "json")
	require.Equal(t, failure.ExitOK, code)
	require.Contains(t, out, `"status": "stopped"`, "the answer that is assumed is empty, and the rule reads it")
}

// A plan shows what people do about a failed step that waits.
func TestReleasePlanOfAStepThatWaits(t *testing.T) {
	t.Parallel()
	release, answers := planFiles(t, "tasks:\n  - {type: Migrate, results: [{error: no room}]}\n"+
		"steps:\n  - {step: migrate, choices: [{choice: skip, by: ann, reason: by hand}]}\n")
	spec, err := os.ReadFile(release)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(release, append([]byte("on_failure: pause"), spec...), 0o600))
	code, out, stderr := execute("", nil, "release", "plan", release, "--answers", answers, "--offline")
	require.Equal(t, failure.ExitOK, code, stderr)
	require.Contains(t, out, "0s\tstep migrate waits\t-\t-\tno room\t-\n")
	require.Contains(t, out, "1m0s\tchoice about step migrate\t-\t-\tby ann: by hand\tskip\n")
	require.NotContains(t, stderr, "nothing asked for it")
}

// All problems of the answers are reported at once, with their lines.
func TestReleasePlanWithWrongAnswers(t *testing.T) {
	t.Parallel()
	release, answers := planFiles(t, "webhooks:\n  - {answers: [{status: 99}]}\ntasks:\n  - {}\n")
	code, _, stderr := execute("", nil, "release", "plan", release, "--answers", answers, "--offline")
	require.Equal(t, failure.ExitUsage, code)
	for _, place := range []string{"webhooks[0].webhook", "webhooks[0].answers[0].status", "tasks[0]"} {
		require.Contains(t, stderr, place)
	}
	require.Contains(t, stderr, "Error: "+answers+": 3 problems:")
}
