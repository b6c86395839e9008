package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/cli/failure"
)

// The example's tests pass. If a rule is changed they fail, with the difference and exit code
// 1. An invalid file leads to exit code 2, with the line.
func TestRulesTest(t *testing.T) {
	t.Parallel()
	c := newCommand("", nil)
	require.Equal(t, failure.ExitOK, c.start("rules", "test", "../../examples/rules/release.yaml"), c.stderr.String())
	require.Contains(t, c.stdout.String(), "10 tests, 0 failed\n")

	folder := t.TempDir()
	write := func(name, from string, replace ...string) string {
		text, err := os.ReadFile(filepath.Join("../..", "examples", from))
		require.NoError(t, err)
		changed := strings.NewReplacer(append(replace, "../release.yaml", "release.yaml")...).Replace(string(text))
		require.NotEqual(t, string(text), changed)
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(changed), 0o600))
		return filepath.Join(folder, name)
	}
	write("release.yaml", "release.yaml", "> 0.05", "> 0.5", "on_timeout: rollback", "on_timeout: stop")
	changed := write("rules.yaml", "rules/release.yaml")
	c = newCommand("", nil)
	require.Equal(t, failure.ExitFailed, c.start("rules", "test", changed))
	require.Empty(t, c.stderr.String())
	for _, part := range []string{
		"FAIL  monitoring at AFTER_STEP: many errors stop the release\n        decision: expected stop, got " +
			"continue\n        rule: expected error_rate, got nothing\n",
		"FAIL  regression-tests at BEFORE_RELEASE_COMPLETE: tests that take longer than an hour roll back\n        " +
			"decision: expected rollback, got stop\n",
		"10 tests, 2 failed\n",
	} {
		require.Contains(t, c.stdout.String(), part)
	}
	c = newCommand("", nil)
	require.Equal(t, failure.ExitFailed, c.start("rules", "test", changed, "--output", "json"))
	var printed struct {
		Passed bool
		Tests  []struct {
			Passed      bool
			Differences []struct{ Key, Expected, Got string }
		}
	}
	require.NoError(t, json.Unmarshal(c.stdout.Bytes(), &printed))
	require.False(t, printed.Passed)
	require.Len(t, printed.Tests, 10)
	require.Equal(t, "decision", printed.Tests[3].Differences[0].Key)

	for wrong, told := range map[string]string{
		write("key.yaml", "rules/release.yaml", "outcome: failed",
			"outcom: failed"): `outcom: unknown key; did you mean "outcome"? (line`,
		write("file.yaml", "rules/release.yaml", "file: ../release.yaml",
			"file: nothing.yaml"): "nothing.yaml: cannot be read: no such file or directory",
		write("webhook.yaml", "rules/release.yaml", "webhook: change-board", "webhook: board"):  `tests[0]: there is no webhook "board"`,
		write("event.yaml", "rules/release.yaml", "event: AFTER_STEP", "event: BEFORE_STEP"):    "tests[2]: no webhook listens to BEFORE_STEP",
		write("outcome.yaml", "rules/release.yaml", "outcome: failed", "outcome: lock_expired"): "lock_expired is of a hook that blocks",
		write("variable.yaml", "rules/release.yaml", "variables: {step:", "variables: {stp:"):   `there is no variable "stp"`,
		write("spec.yaml", "rules/release.yaml", "file: ../release.yaml", "file: wrong.yaml"):   "wrong.yaml",
		write("wrong.yaml", "release.yaml", "answer_timeout: 30s", "answer_timeout: soon"):      "file: required",
	} {
		c := newCommand("", nil)
		require.Equal(t, failure.ExitUsage, c.start("rules", "test", wrong), wrong)
		require.Contains(t, c.stderr.String(), told, wrong)
	}
}
