package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/cli/failure"
)

// Each shell gets a script that completes starter, and nothing else on standard output. An
// unknown shell is refused.
func TestShellsGetAScript(t *testing.T) {
	t.Parallel()
	for shell, line := range map[string]string{
		"bash":       "complete -o default -F __start_starter starter",
		"zsh":        "#compdef starter",
		"fish":       "complete -c starter",
		"powershell": "Register-ArgumentCompleter -CommandName 'starter'",
	} {
		code, out, errors := execute("", nil, "completion", shell)
		require.Equal(t, failure.ExitOK, code, shell)
		require.Contains(t, out, line)
		require.Empty(t, errors, shell)
	}
	code, _, errors := execute("", nil, "completion", "tcsh")
	require.Equal(t, failure.ExitUsage, code)
	require.Contains(t, errors, `"tcsh"`)
}

// Bash accepts the script, and completes a command with starter's suggestions.
func TestBashCompletes(t *testing.T) {
	t.Parallel()
	bash, err := exec.LookPath("bash")
	if err != nil && os.Getenv("CI") == "" {
		t.Skip("bash is not installed")
	}
	require.NoError(t, err)
	_, script, _ := execute("", nil, "completion", "bash")
	_, completions, _ := execute("", nil, "__complete", "release", "sk")
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "script"), []byte(script), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "completions"), []byte(completions), 0o600))
	// Bash's completion package provides these three functions. starter answers from a file.
	asked := exec.CommandContext(t.Context(), bash, "-c", `set -e
_get_comp_words_by_ref() { cur=sk; prev=release; words=(starter release sk); cword=2; }
compopt() { :; }
__ltrim_colon_completions() { :; }
starter() { cat completions; }
source ./script
COMP_TYPE=9
__start_starter
printf '%s\n' "${COMPREPLY[@]}"`)
	asked.Dir = dir
	out, err := asked.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "skip")
}

// The values of a flag are completed, and no files instead.
func TestValuesOfFlagsAreCompleted(t *testing.T) {
	t.Parallel()
	for call, want := range map[string]string{
		"version --output":      "text json",
		"validate --kind":       "job release emission gate webhook watch freeze rules",
		"webhook keygen --kind": "whsec ed25519",
		"completion":            "bash fish powershell zsh",
	} {
		code, out, _ := execute("", nil, append(append([]string{"__complete"}, strings.Fields(call)...), "")...)
		require.Equal(t, failure.ExitOK, code, call)
		var got []string
		for line := range strings.Lines(out) {
			if value, _, _ := strings.Cut(strings.TrimSpace(line), "\t"); value != "" && !strings.HasPrefix(value, ":") {
				got = append(got, value)
			}
		}
		require.Equal(t, want, strings.Join(got, " "), call)
		require.Contains(t, out, ":4\n", "%s completes no files", call)
	}
}
