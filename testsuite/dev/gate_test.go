package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/docshell"
	"github.com/latch-run/latch/testsuite/process"
)

// documentedGate is the document whose command asks a gate with Temporal's own command line.
const documentedGate = "docs/gates.md"

var (
	gateInput = regexp.MustCompile(`--input '\{.*\}'`)
	gateID    = regexp.MustCompile(`--workflow-id \S+`)
)

// typesGates types the command of the documents that asks a gate with Temporal's own command line,
// for gates that are decided in each way. Contract, "Gate": whoever goes on only if the run
// completes never goes on without a yes.
func typesGates(t *testing.T, commands []docshell.Command) {
	t.Helper()
	const execute = "temporal workflow execute --type latch.Gate "
	at := slices.IndexFunc(commands, func(c docshell.Command) bool { return strings.HasPrefix(c.Text, execute) })
	require.GreaterOrEqual(t, at, 0, "%s has no command that begins %q", documentedGate, execute)
	asking := commands[at]
	require.Regexp(t, gateInput, asking.Text)
	require.Regexp(t, gateID, asking.Text)

	r := newReader(t, nil)
	r.sitsDown()
	answers := func(answer string) string {
		return `"webhooks":[{"id":"checks","url":"http://127.0.0.1:8080/checks?answer=` + answer + `","event":"ROLLOUT"}]`
	}
	const held = `"deadline":"1s","webhooks":[{"id":"board","events":[{"event":"ROLLOUT","blocking":true}]}]`
	for i, row := range []struct {
		gate   string
		passes bool
		says   string
	}{
		{answers(`{\"result\":\"pass\"}`), true, "COMPLETED"},
		{answers(`{\"result\":\"fail\"}`), false, "decided stop"},
		{answers(`{\"rollback_release\":true}`), false, "decided rollback"},
		{held + `,"on_deadline":"stop"`, false, "decided stop"},
		{held, false, "decided stop"},
		{held + `,"on_deadline":"rollback"`, false, "decided rollback"},
		{held + `,"on_deadline":"continue"`, true, "COMPLETED"},
		{`"webhooks":[]`, false, "decided stop"},
		{held + `,"on_dedline":"stop"`, false, "on_dedline"},
	} {
		command := asking
		command.Text = gateInput.ReplaceAllLiteralString(asking.Text, `--input '{"event":"ROLLOUT",`+row.gate+`}'`)
		command.Text = gateID.ReplaceAllString(command.Text, fmt.Sprintf("--workflow-id gate-%d", i))
		ran, err := process.Run(r.ctx, r.shell(r.placed(command)))
		require.NoError(t, err)
		require.Equal(t, row.passes, ran.ExitCode == 0, "%s\nstandard output:\n%s\nstandard error:\n%s", command, ran.Stdout, ran.Stderr)
		require.Contains(t, ran.Stdout+ran.Stderr, row.says, command)
	}
}
