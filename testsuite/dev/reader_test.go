package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	common "go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/docshell"
	"github.com/latch-run/latch/internal/hang"
	"github.com/latch-run/latch/testsuite/freeport"
	"github.com/latch-run/latch/testsuite/process"
)

// root is the repository's root.
const root = "../.."

const sampleKey = "a-key-of-this-test-alone"

// addresses are the loopback addresses in a text.
var addresses = regexp.MustCompile(`(?:127\.0\.0\.1|localhost):\d+`)

// A reader types commands in a shell at the repository's root, beside a development stack on
// its own ports.
type reader struct {
	*testing.T
	ctx     context.Context
	root    string
	env     []string
	stack   *running
	printed string            // by the stack
	places  map[string]string // maps addresses in the text to the stack's
}

// newReader returns a reader without a stack. The reader's curl fails on an error status.
func newReader(t *testing.T, ctx context.Context) *reader {
	t.Helper()
	dir, err := filepath.Abs(root)
	require.NoError(t, err)
	home := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(home, ".curlrc"), []byte("fail-with-body\nsilent\nshow-error\n"), 0o600))
	r := &reader{T: t, ctx: ctx, root: dir, env: []string{
		"PATH=" + filepath.Join(dir, "bin") + ":" + os.Getenv("PATH"),
		"CURL_HOME=" + home, "TEMPORAL_CONFIG_FILE=" + filepath.Join(home, "none.toml"),
	}}
	return r
}

// sitsDown starts the stack, with settings of its worker and API.
func (r *reader) sitsDown(settings ...string) {
	r.Helper()
	r.stack = bringUp(r.T, r.TempDir(), settings...)
	r.ctx = r.stack.ctx
	var err error
	r.printed, err = r.stack.printed.wait(r.ctx, "Ctrl-C ends it")
	require.NoError(r, err)
	given, err := readSettings(nil, nil)
	require.NoError(r, err)
	r.places = map[string]string{}
	for flag, name := range map[string]string{frontendPort: "Temporal", uiPort: "UI", apiPort: "API", receiverPort: "Receiver"} {
		r.places[loopback(given.port(flag))] = strings.TrimPrefix(word(r.printed, name), "http://")
	}
	for _, url := range staying {
		r.places[addresses.FindString(url)], err = freeport.Address()
		require.NoError(r, err)
	}
	r.env = append(r.env, "TEMPORAL_ADDRESS="+word(r.printed, "Temporal"))
}

// typesTheHelp types the commands in the stack's help.
func (r *reader) typesTheHelp() {
	r.Helper()
	_, text, found := strings.Cut(r.printed, "To try it")
	require.True(r, found)
	for i, line := range strings.Split(text, "\n") {
		if !strings.HasPrefix(line, "  ") {
			continue
		}
		commands, err := docshell.Script("what make dev prints", i+1, line)
		require.NoError(r, err)
		for _, command := range commands {
			r.types(command)
		}
	}
}

// types runs a command, which must succeed.
func (r *reader) types(command docshell.Command) {
	r.Helper()
	text, err := docshell.Fill(r.placed(command), func(name string) (string, error) {
		if find := placeholders[name]; find != nil {
			return find(r)
		}
		return "", fmt.Errorf("%s is not among the placeholders that the test can fill", name)
	})
	require.NoError(r, err, command)
	for end, url := range staying {
		if strings.HasSuffix(text, end) {
			r.leavesRunning(text, r.placed(docshell.Command{Text: url}))
			return
		}
	}
	ran, err := process.Run(r.ctx, r.shell(text))
	require.NoError(r, err, command)
	require.Zero(r, ran.ExitCode, "%s\nstandard output:\n%s\nstandard error:\n%s", command, ran.Stdout, ran.Stderr)
}

// placed returns a command with the stack's addresses. An address where nothing listens fails
// the test.
func (r *reader) placed(command docshell.Command) string {
	return addresses.ReplaceAllStringFunc(command.Text, func(address string) string {
		if r.stack != nil && strings.Contains(r.printed, address) {
			return address
		}
		require.Contains(r, r.places, address, command)
		return r.places[address]
	})
}

func (r *reader) shell(text string) process.Command {
	return process.Command{Path: "bash", Args: []string{"-euo", "pipefail", "-c", text}, Dir: r.root, Env: append(surroundings(), r.env...)}
}

// surroundings returns the environment without the variables of Latch and Temporal.
func surroundings() []string {
	var kept []string
	for _, setting := range os.Environ() {
		if !strings.HasPrefix(setting, "LATCH_") && !strings.HasPrefix(setting, "TEMPORAL_") {
			kept = append(kept, setting)
		}
	}
	return kept
}

// leavesRunning starts a command and waits until its URL answers.
func (r *reader) leavesRunning(text, url string) {
	r.Helper()
	started, err := process.Begin(r.shell(text))
	require.NoError(r, err)
	r.Cleanup(func() {
		require.NoError(r, syscall.Kill(-started.ID(), syscall.SIGTERM), "the shell's group")
		ctx, cancel := context.WithTimeout(context.Background(), hang.Limit)
		defer cancel()
		_, err := started.Wait(ctx)
		require.NoError(r, err)
	})
	require.NoError(r, started.AwaitReady(r.ctx, url), text)
}

// until repeats a search until it succeeds or the reader's context ends.
func (r *reader) until(what string, found func() (bool, error)) error {
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		if is, err := found(); is || err != nil {
			return err
		}
		select {
		case <-ticker.C:
		case <-r.ctx.Done():
			return fmt.Errorf("%s was not found: %w", what, r.ctx.Err())
		}
	}
}

// openLock returns the open lock of the newest release, once there is one.
func (r *reader) openLock() (token string, err error) {
	const running = "WorkflowType = '" + latch.WorkflowRelease + "' AND ExecutionStatus = 'Running'"
	err = r.until("a release that waits for a lock", func() (bool, error) {
		listed, err := r.stack.client.ListWorkflow(r.ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: running})
		if err != nil {
			return false, err
		}
		for _, run := range listed.Executions { // the newest first
			if token, err = r.lockOf(run.Execution); token != "" || err != nil {
				return token != "", err
			}
		}
		return false, nil
	})
	return token, err
}

// lockOf returns an open lock of a run, or "".
func (r *reader) lockOf(run *common.WorkflowExecution) (string, error) {
	answer, err := r.stack.client.QueryWorkflow(r.ctx, run.WorkflowId, run.RunId, latch.QueryStatus)
	if err != nil {
		return "", err
	}
	var status latch.Status
	if err := answer.Get(&status); err != nil || len(status.Locks) == 0 {
		return "", err
	}
	return status.Locks[0].Token, nil
}

// delivery returns the id of a delivery to the stack's receiver, once it can be found.
func (r *reader) delivery() (string, error) {
	run, err := r.stack.client.ExecuteWorkflow(r.ctx, client.StartWorkflowOptions{ID: "emit-told", TaskQueue: latch.DefaultTaskQueue},
		latch.WorkflowEmit, latch.Emission{ID: "told", Event: "TOLD", Webhooks: []latch.Webhook{
			{ID: "receiver", URL: r.stack.receiver + "/told", Events: []latch.Event{{Event: "TOLD"}}},
		}})
	if err != nil {
		return "", err
	}
	var result latch.EmissionResult
	if err := run.Get(r.ctx, &result); err != nil {
		return "", err
	}
	if len(result.History) != 1 {
		return "", fmt.Errorf("the event has the records %v", result.History)
	}
	err = r.until("emit-told in Temporal's list", func() (bool, error) {
		listed, err := r.stack.client.ListWorkflow(r.ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Query: "WorkflowId = 'emit-told' AND ExecutionStatus = 'Completed'",
		})
		return len(listed.GetExecutions()) > 0, err
	})
	return result.History[0].DeliveryID, err
}

// key returns the API's key.
func (r *reader) key() (string, error) { return sampleKey, nil }
