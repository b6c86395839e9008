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
	"github.com/latch-run/latch/internal/delivery"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/hang"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/secret"
)

// runActivity runs a command task in the SDK's test environment and returns its result as JSON.
func runActivity(t *testing.T, allowed bool, call protocol.CommandCall) (string, error) {
	t.Helper()
	return runCall(t, New(Options{AllowCommands: allowed}), call)
}

// runCall is runActivity for the test's own activities.
func runCall(t *testing.T, registered *Activities, call protocol.CommandCall) (string, error) {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	environment := suite.NewTestActivityEnvironment()
	environment.RegisterActivity(registered.Command)
	value, err := environment.ExecuteActivity(registered.Command, call)
	if err != nil {
		return "", err
	}
	var result json.RawMessage
	require.NoError(t, value.Get(&result))
	return string(result), nil
}

// Contract, Task: a command's stdout is a JSON value if it is one, and otherwise text.
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

// Contract, Task: a command gets only `env`, PATH and HOME, and runs in its directory.
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

// Contract, Task: the error of a command says what went wrong, and whether a retry may help.
func TestCommandFailure(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		allowed bool
		task    latch.CommandTask
		kind    string
		final   bool
		tells   []string
	}{
		"not allowed": {false, latch.CommandTask{Argv: []string{"true"}}, errorCommandsNotAllowed, true, []string{"LATCH_ALLOW_COMMANDS"}},
		"exit code": {true, latch.CommandTask{Argv: []string{"/bin/sh", "-c", "echo why >&2; exit 7"}},
			protocol.ErrorCommandFailed, false, []string{"exit status 7", "why"}},
		"no program": {true, latch.CommandTask{Argv: []string{"no-such-program"}}, protocol.ErrorCommandFailed, false,
			[]string{"no-such-program"}},
		"timeout": {true, latch.CommandTask{Argv: []string{"sleep", "60"},
			Timeout: latch.Duration(50 * time.Millisecond)}, protocol.ErrorCommandFailed, false, []string{"50ms"}},
		"missing keys": {true, latch.CommandTask{Argv: []string{"echo", "${vars.a}"},
			Env: map[string]string{"B": "${vars.b}"}}, errorUndeliverable, true, []string{"argv[1]", "vars.a", "env.B", "vars.b"}},
		"long complain": {true, latch.CommandTask{
			Argv: []string{"/bin/sh", "-c", "head -c 100000 /dev/zero | tr '\\0' x >&2; echo end >&2; exit 1"}},
			protocol.ErrorCommandFailed, false, []string{"end"}},
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

// The process group is killed with the command, even if it ignores SIGTERM, and even if the
// command itself succeeded.
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
				_, _, err := runCommand(ctx, []string{"/bin/sh", "-c", "echo $$ > " + marker + "; " + script}, "",
					[]string{"PATH=" + os.Getenv("PATH")})
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
			require.Eventually(t, func() bool { return membersOf(t, group) == 0 }, hang.Limit, 10*time.Millisecond,
				"processes of group %s are left", group)
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

// A command's output beyond the limit is read and dropped.
func TestCommandOutputIsBounded(t *testing.T) {
	t.Parallel()
	output, _, err := runCommand(t.Context(), []string{"/bin/sh", "-c", "head -c 1000000 /dev/zero | tr '\\0' x"}, "",
		[]string{"PATH=" + os.Getenv("PATH")})
	require.NoError(t, err)
	require.Equal(t, maximumOutput, len(output))
}

// lending returns activities whose worker holds secrets, and may run commands.
func lending(t *testing.T, values map[string]string, options secret.Options) *Activities {
	t.Helper()
	store, err := secret.New(values, options)
	require.NoError(t, err)
	sender, err := delivery.New(delivery.Options{Secrets: store})
	require.NoError(t, err)
	return New(Options{Sender: sender, AllowCommands: true})
}

// Contract, Task: env_secrets passes secrets to a command in its environment. Neither these nor
// other secrets of the worker appear in the command's result or error.
func TestCommandSecrets(t *testing.T) {
	t.Parallel()
	const document = "-----BEGIN OPENSSH PRIVATE " +
		"KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\nc2Vjb25kIGxpbmUgb2YgaXQ=\n-----END OPENSSH PRIVATE KEY-----\n"
	registered := lending(t, map[string]string{"token": "t0ken/with \"quotes\"\nold-token", "ssh-key": document,
		"other": "an0ther-secret"}, secret.Options{})
	const filler = "head -c 65530 /dev/zero | tr '\\0' x"
	for name, c := range map[string]struct {
		script string
		result string // the value, or a part of the error
	}{
		"as text":       {`printf %s "$TOKEN"`, `"***"`},
		"within text":   {`echo "I got $TOKEN, and an0ther-secret"`, `"I got ***, and ***"`},
		"in JSON":       {`printf '{"ok":true,"token":"t0ken\\/with \\"quotes\\"","n":[1.50]}'`, `{"n":[1.50],"ok":true,"token":"***"}`},
		"in base64":     {`printf %s "$TOKEN" | base64`, `"***"`},
		"PEM":           {`printf %s "$KEY"`, `"*** OPENSSH PRIVATE KEY-----"`},
		"a line of PEM": {`printf %s "$KEY" | sed -n '2s/^/> /p'`, `"\u003e ***"`},
		"whole, as it came": {
			`test "$TOKEN" = 't0ken/with "quotes"' && test "$(printf %s "$KEY" | wc -l)" = 4 && echo '{"whole":true}'`, `{"whole":true}`},
		"no other secret":     {`env | grep -c SECRET; true`, `0`},
		"on stderr":           {`echo "no: $TOKEN" >&2; exit 3`, "exit status 3: no: ***"},
		"at the output's end": {filler + `; printf %s "$TOKEN"`, strings.Repeat("x", 65530)},
		"before the tail":     {`printf %s "$TOKEN" >&2; head -c 2040 /dev/zero | tr '\0' y >&2; exit 1`, strings.Repeat("y", 2040)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result, err := runCall(t, registered, protocol.CommandCall{Task: latch.CommandTask{Argv: []string{"/bin/sh", "-c", c.script},
				EnvSecrets: map[string]string{"TOKEN": "token", "KEY": "ssh-key"}}})
			if err != nil {
				result = err.Error()
			}
			require.Contains(t, result, c.result)
			for _, hush := range []string{"t0ken", "quotes", "old-token", "an0ther", "b3BlbnNzaC1rZXk", "dDBrZW4"} {
				require.NotContains(t, result, hush)
			}
		})
	}
}

// Contract, Task: a command fails permanently if the worker may not pass it its secrets. The
// error names all of them, and nothing runs.
func TestCommandSecretsThatCannotBe(t *testing.T) {
	t.Parallel()
	marker := filepath.Join(t.TempDir(), "ran")
	values := map[string]string{"bound": "b0und-value", "sign": "whsec_AAECAwQF",
		"private": "whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=", "build": "bu1ld-value", "free": "fr33-value"}
	hosts := map[string][]string{"bound": {"hooks.example.com"}, "build": {"command://"}}
	for name, c := range map[string]struct {
		required bool
		secrets  map[string]string
		tells    []string // no error: it runs
	}{
		"missing": {false, map[string]string{"A": "nowhere"},
			[]string{`this worker has no secret "nowhere": set LATCH_SECRET_NOWHERE`}},
		"bound to hosts": {false, map[string]string{"A": "bound"},
			[]string{`env_secrets.A: secret "bound" must not go to a command: LATCH_SECRETS_HOSTS binds it to hosts`}},
		"bound to commands": {false, map[string]string{"A": "build", "B": "free"}, nil},
		"a binding required": {true, map[string]string{"A": "build", "B": "free"},
			[]string{`env_secrets.B: secret "free" must not go to a command: LATCH_SECRETS_HOSTS_REQUIRED`}},
		"required, and bound": {true, map[string]string{"A": "build"}, nil},
		"only signs": {false, map[string]string{"A": "sign", "B": "private"},
			[]string{`env_secrets.A: secret "sign" only signs`, `env_secrets.B: secret "private" only signs`}},
		"all at once": {false, map[string]string{"A": "nowhere", "B": "bound", "C": "sign"}, []string{`"nowhere"`, `"bound"`, `"sign"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			registered := lending(t, values, secret.Options{Hosts: hosts, HostsRequired: c.required})
			argv := []string{"/bin/sh", "-c", `test -n "$A"`}
			if c.tells != nil {
				argv = []string{"touch", marker}
			}
			_, err := runCall(t, registered, protocol.CommandCall{Task: latch.CommandTask{Argv: argv, EnvSecrets: c.secrets}})
			if c.tells == nil {
				require.NoError(t, err)
				return
			}
			var failure *temporal.ApplicationError
			require.ErrorAs(t, err, &failure)
			require.Equal(t, errorUndeliverable, failure.Type())
			require.True(t, failure.NonRetryable())
			for _, told := range c.tells {
				require.Contains(t, failure.Message(), told)
			}
			for _, hush := range []string{"b0und", "AAEC", "nWGx", "fr33"} {
				require.NotContains(t, failure.Message(), hush)
			}
			require.NoFileExists(t, marker)
		})
	}
}
