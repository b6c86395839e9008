//go:build unix

package activities

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/hang"
	"github.com/latch-run/latch/internal/protocol"
)

// runActivity runs a command task in the SDK's test environment and gives its
// result as JSON.
func runActivity(t *testing.T, allowed bool, call protocol.CommandCall) (string, error) {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	environment := suite.NewTestActivityEnvironment()
	registered := New(Options{AllowCommands: allowed})
	environment.RegisterActivity(registered.Command)
	value, err := environment.ExecuteActivity(registered.Command, call)
	if err != nil {
		return "", err
	}
	var result json.RawMessage
	require.NoError(t, value.Get(&result))
	return string(result), nil
}

// Contract, Task: a command's stdout is a JSON value, where it is one, else text.
func TestCommandResult(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		argv   []string
		result string
	}{
		"object":            {[]string{"echo", `{"a":1.50}`}, `{"a":1.50}`},
		"array":             {[]string{"echo", `[1]`}, `[1]`},
		"text":              {[]string{"echo", "hello"}, `"hello"`},
		"several lines":     {[]string{"printf", `a\nb\n`}, `"a\nb"`},
		"no shell":          {[]string{"echo", "$HOME", "*", "`id`"}, "\"$HOME * `id`\""},
		"template":          {[]string{"echo", "${job.id} is ${vars}"}, `"22739 is {\"n\":1}"`},
		"what was no UTF-8": {[]string{"printf", `\377`}, `"` + "\uFFFD" + `"`},
		"stderr left out":   {[]string{"/bin/sh", "-c", "echo out; echo err >&2"}, `"out"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result, err := runActivity(t, true, protocol.CommandCall{Task: latch.CommandTask{Argv: c.argv},
				Variables: expr.Variables{"job": json.RawMessage(`{"id":"22739"}`), "vars": json.RawMessage(`{"n":1}`)}})
			require.NoError(t, err)
			require.JSONEq(t, c.result, result)
		})
	}
}

// Contract, Task: a command sees `env`, PATH and HOME alone, in its directory.
func TestCommandEnvironment(t *testing.T) {
	t.Setenv("LATCH_SECRET_X", "hidden")
	t.Setenv("HOME", "/home/of-the-worker")
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	task := latch.CommandTask{Argv: []string{"env"}, Env: map[string]string{"A": "${job.id}"}}
	result, err := runActivity(t, true, protocol.CommandCall{Task: task, Variables: expr.Variables{"job": json.RawMessage(`{"id":"7"}`)}})
	require.NoError(t, err)
	var text string
	require.NoError(t, json.Unmarshal([]byte(result), &text))
	require.ElementsMatch(t, []string{"A=7", "HOME=/home/of-the-worker", "PATH=" + os.Getenv("PATH")}, strings.Split(text, "\n"))

	result, err = runActivity(t, true, protocol.CommandCall{Task: latch.CommandTask{Argv: []string{"/bin/pwd", "-P"}, Dir: dir}})
	require.NoError(t, err)
	require.JSONEq(t, `"`+dir+`"`, result)
}

// Contract, Task: what goes wrong with a command is told, and whether trying
// again may help.
func TestCommandFailure(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		allowed bool
		task    latch.CommandTask
		kind    string
		final   bool
		tells   []string
	}{
		"not allowed":   {false, latch.CommandTask{Argv: []string{"true"}}, errorCommandsNotAllowed, true, []string{"LATCH_ALLOW_COMMANDS"}},
		"exit code":     {true, latch.CommandTask{Argv: []string{"/bin/sh", "-c", "echo why >&2; exit 7"}}, protocol.ErrorCommandFailed, false, []string{"exit status 7", "why"}},
		"no program":    {true, latch.CommandTask{Argv: []string{"no-such-program"}}, protocol.ErrorCommandFailed, false, []string{"no-such-program"}},
		"timeout":       {true, latch.CommandTask{Argv: []string{"sleep", "60"}, Timeout: latch.Duration(50 * time.Millisecond)}, protocol.ErrorCommandFailed, false, []string{"50ms"}},
		"missing keys":  {true, latch.CommandTask{Argv: []string{"echo", "${vars.a}"}, Env: map[string]string{"B": "${vars.b}"}}, errorUndeliverable, true, []string{"argv[1]", "vars.a", "env.B", "vars.b"}},
		"long complain": {true, latch.CommandTask{Argv: []string{"/bin/sh", "-c", "head -c 100000 /dev/zero | tr '\\0' x >&2; echo end >&2; exit 1"}}, protocol.ErrorCommandFailed, false, []string{"end"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := runActivity(t, c.allowed, protocol.CommandCall{Task: c.task, Variables: expr.Variables{"vars": json.RawMessage(`{}`)}})
			var failure *temporal.ApplicationError
			require.True(t, errors.As(err, &failure), "%v", err)
			require.Equal(t, c.kind, failure.Type())
			require.Equal(t, c.final, failure.NonRetryable())
			for _, told := range c.tells {
				require.Contains(t, failure.Message(), told)
			}
			require.Less(t, len(failure.Message()), maximumComplaint+500)
		})
	}
}

// The process group dies with the command, also one that does not listen to
// SIGTERM, and also where the command itself ended well.
func TestRunCommandLeavesNobodyBehind(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{
		"cancelled":          "sleep 3600 & wait",
		"deaf to SIGTERM":    "trap '' TERM; sleep 3600 & wait; sleep 3600",
		"left in background": "sleep 3600 >/dev/null 2>&1 & exit 0",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			marker := filepath.Join(t.TempDir(), "started")
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			ended := make(chan error, 1)
			go func() {
				_, _, err := runCommand(ctx, []string{"/bin/sh", "-c", "echo $$ > " + marker + "; " + script}, "", []string{"PATH=" + os.Getenv("PATH")})
				ended <- err
			}()
			var group string
			require.Eventually(t, func() bool {
				text, err := os.ReadFile(marker)
				group = strings.TrimSpace(string(text))
				return err == nil && group != ""
			}, hang.Limit, 10*time.Millisecond)
			if name != "left in background" {
				cancel()
			}
			select {
			case <-ended:
			case <-time.After(hang.Limit):
				t.Fatal("the command did not end")
			}
			require.Eventually(t, func() bool { return membersOf(t, group) == 0 }, hang.Limit, 10*time.Millisecond, "processes of group %s are left", group)
		})
	}
}

// membersOf counts the processes of a group that have not ended.
func membersOf(t *testing.T, group string) int {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	require.NoError(t, err)
	count := 0
	for _, stat := range stats {
		text, err := os.ReadFile(stat)
		if err != nil {
			continue // it ended just now
		}
		_, after, _ := strings.Cut(string(text), ") ")
		fields := strings.Fields(after) // state, parent, group, …
		if len(fields) > 2 && fields[2] == group && fields[0] != "Z" {
			count++
		}
	}
	return count
}

// A command's output past the limit is read and dropped.
func TestCommandOutputIsBounded(t *testing.T) {
	t.Parallel()
	output, _, err := runCommand(t.Context(), []string{"/bin/sh", "-c", "head -c 1000000 /dev/zero | tr '\\0' x"}, "", []string{"PATH=" + os.Getenv("PATH")})
	require.NoError(t, err)
	require.Equal(t, maximumOutput, len(output))
}
