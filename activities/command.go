package activities

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/delivery"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/fields"
	"github.com/latch-run/latch/internal/protocol"
)

const (
	errorCommandsNotAllowed = "CommandsNotAllowed"

	// maximumOutput is how much of a command's stdout is kept, in bytes. The rest is read and
	// dropped.
	maximumOutput = 64 << 10
	// maximumComplaint is how much of the end of stderr an error quotes.
	maximumComplaint = 2 << 10
	// keptComplaint is how much of stderr is searched for secrets. The longest secret may begin
	// far before the quoted part, and be longer when encoded.
	keptComplaint = 64 << 10
	// termination is how long a command has between SIGTERM and SIGKILL.
	termination = 3 * time.Second
)

// Command is the activity latch.Command. It runs a program without a shell, if the worker
// allows it, and returns its stdout as a JSON value if it is one, and otherwise as text. On a
// timeout or a cancellation the whole process group is killed. Of the worker's environment the
// program only gets PATH and HOME, and of its secrets those of env_secrets. Secrets in the
// program's output are masked.
func (a *Activities) Command(ctx context.Context, call protocol.CommandCall) (any, error) {
	if !a.options.AllowCommands {
		return nil, temporal.NewApplicationErrorWithOptions(
			"this worker runs no commands; a worker with LATCH_ALLOW_COMMANDS=true does (plugin.Options.AllowCommands)",
			errorCommandsNotAllowed, temporal.ApplicationErrorOptions{NonRetryable: true})
	}
	stop := beat(ctx, time.Second)
	defer stop()
	task, err := renderCommand(call)
	lent, lending := a.options.Sender.Lend(task.EnvSecrets)
	if err := errors.Join(err, lending); err != nil {
		return nil, temporal.NewApplicationErrorWithOptions(err.Error(), errorUndeliverable, temporal.ApplicationErrorOptions{NonRetryable: true})
	}
	limit := time.Duration(task.Timeout)
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	output, complaint, err := runCommand(limited, task.Argv, task.Dir, append(environmentOf(task), lent.Environment...))
	activity.GetLogger(ctx).Info("command ended", "program", lent.Text(task.Argv[0]), "error", err)
	switch {
	case err == nil:
		return valueOf(output, lent), nil
	case cancelRequested(ctx):
		return nil, temporal.NewCanceledError()
	case ctx.Err() != nil:
		err = errors.New("it was killed because its worker stopped")
	case limited.Err() != nil:
		err = fmt.Errorf("it did not end within %s and was killed", limit)
	}
	message := lent.Text(fmt.Sprintf("command %s: %v", task.Argv[0], err))
	if complaint = endOf(lent.Text(complaint), maximumComplaint); complaint != "" {
		message += ": " + complaint
	}
	options := temporal.ApplicationErrorOptions{}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		options.Details = []any{protocol.CommandEnd{ExitStatus: exitStatus(exit.ProcessState)}}
	}
	return nil, temporal.NewApplicationErrorWithOptions(message, protocol.ErrorCommandFailed, options)
}

// renderCommand returns the command with its templates rendered. Its error lists all that fail.
func renderCommand(call protocol.CommandCall) (latch.CommandTask, error) {
	task := latch.WithDefaults(call.Task)
	fields.Detach(&task)
	var problems []error
	for _, field := range fields.Of(&task) {
		if !field.Role.IsTemplate() {
			continue
		}
		text, err := renderText(field.Text(), call.Variables)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", field.Path, err))
		}
		field.Set(text)
	}
	return task, errors.Join(problems...)
}

// environmentOf returns the program's environment without secrets: PATH, HOME, and the task's
// own variables, which may replace them.
func environmentOf(task latch.CommandTask) []string {
	var environment []string
	for _, name := range []string{"PATH", "HOME"} {
		if value, ok := os.LookupEnv(name); ok {
			environment = append(environment, name+"="+value)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(task.Env)) {
		environment = append(environment, name+"="+task.Env[name])
	}
	return environment
}

func renderText(source string, variables expr.Variables) (string, error) {
	template, err := expr.CompileTemplate(source, expr.InText)
	if err != nil {
		return "", err
	}
	return template.Render(variables)
}

// runCommand runs the program in its own process group until it ends or ctx does.
func runCommand(ctx context.Context, argv []string, dir string, environment []string) (output, complaint string, err error) {
	command := exec.CommandContext(ctx, argv[0], argv[1:]...)
	command.Dir, command.Env = dir, environment
	stdout, stderr := &head{limit: maximumOutput}, &tail{limit: keptComplaint}
	command.Stdout, command.Stderr = stdout, stderr
	killGroup := inOwnGroup(command)
	command.WaitDelay = termination
	err = command.Run()
	killGroup() // the program's remaining children are killed with it
	return stdout.String(), stderr.String(), err
}

// valueOf returns the output as JSON if it is JSON, and otherwise as text, with secrets masked.
func valueOf(output string, lent *delivery.Lent) any {
	trimmed := strings.TrimSpace(output)
	if json.Valid([]byte(trimmed)) && trimmed != "" {
		return lent.JSON(json.RawMessage(trimmed))
	}
	if trimmed == "" {
		return latch.Object{}
	}
	if len(output) == maximumOutput {
		output = lent.Beginning(output)
	} else {
		output = lent.Text(output)
	}
	return strings.ToValidUTF8(strings.TrimRight(output, "\n"), "\uFFFD")
}

// endOf returns the end of the text, at whole characters and with at most the given size in
// bytes.
func endOf(text string, limit int) string {
	if len(text) > limit {
		text = text[len(text)-limit:]
	}
	return strings.TrimSpace(strings.ToValidUTF8(text, ""))
}

// A head keeps the first bytes that are written to it. It does not embed its buffer, because
// io.Copy would then use the buffer's own ReadFrom, which has no limit.
type head struct {
	kept  bytes.Buffer
	limit int
}

func (h *head) Write(p []byte) (int, error) {
	if room := h.limit - h.kept.Len(); room > 0 {
		h.kept.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

func (h *head) String() string { return h.kept.String() }

// A tail keeps the last bytes that are written to it.
type tail struct {
	kept  []byte
	limit int
}

func (t *tail) Write(p []byte) (int, error) {
	t.kept = append(t.kept, p...)
	if over := len(t.kept) - t.limit; over > 0 {
		t.kept = append(t.kept[:0], t.kept[over:]...)
	}
	return len(p), nil
}

func (t *tail) String() string { return string(t.kept) }
