package cli

import (
	"context"
	"errors"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/spec"
)

// runCommand makes the command that starts a file of the kind.
func (a *app) runCommand(kind spec.Kind, use, short, long string) *cobra.Command {
	var id string
	var watch bool
	command := &cobra.Command{Use: use + " FILE", Short: short, Long: long, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.startFile(cmd.Context(), kind, args[0], id, watch)
		}}
	command.Flags().StringVar(&id, "id", "", "workflow id (default "+kind.WorkflowID("")+"<id of the "+string(kind)+">)")
	command.Flags().BoolVarP(&watch, "watch", "w", false, "show progress until the run ends; Ctrl-C stops watching, not the run")
	return command
}

func (a *app) startFile(ctx context.Context, as spec.Kind, file, workflowID string, watch bool) error {
	input, err := a.load(file, as)
	if err != nil {
		return err
	}
	for _, warning := range input.warnings {
		a.warn("%s: %s", file, warning)
	}
	if a.api != nil {
		return a.apiStart(ctx, as, input, workflowID, watch)
	}
	if workflowID == "" {
		workflowID = workflowIDOf(as, input)
	}
	temporal, err := a.dial(ctx)
	if err != nil {
		return err
	}
	defer temporal.Close()
	run, err := a.start(ctx, temporal, as, input, workflowID)
	if err != nil {
		return err
	}
	if watch {
		return a.watch(ctx, temporal, run)
	}
	a.printStarted(run.GetID(), run.GetRunID(), "starter watch "+shell(run.GetID()))
	a.warnUnpolled(ctx, temporal, a.settings.TaskQueue, run.GetID())
	return nil
}

func (a *app) warnUnpolled(ctx context.Context, temporal temporalClient, queue, workflowID string) {
	if unpolled(ctx, temporal, queue) {
		a.warn("no worker polls the task queue %q, and %s does nothing until one does", queue, workflowID)
	}
}

// workflowIDOf follows the contract's convention; an emission without an id gets
// one of its own.
func workflowIDOf(kind spec.Kind, input *checked) string {
	if input.id == "" {
		return kind.WorkflowID(uuid.NewString())
	}
	return kind.WorkflowID(input.id)
}

// start starts the run: one at a time under a workflow id, another once it has
// closed.
func (a *app) start(ctx context.Context, temporal temporalClient, as spec.Kind, input *checked, workflowID string) (client.WorkflowRun, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	run, err := temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                                       workflowID,
		TaskQueue:                                a.settings.TaskQueue,
		WorkflowIDReusePolicy:                    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy:                 enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		StaticSummary:                            summaryOf(input),
	}, as.Workflow(), input.data)
	var running *serviceerror.WorkflowExecutionAlreadyStarted
	if errors.As(err, &running) {
		return nil, alreadyRunning(workflowID, running.RunId)
	}
	return run, err
}

// summaryOf is the line that Temporal UI shows of the run.
func summaryOf(input *checked) string {
	parts := []string{string(input.kind)}
	for _, part := range []string{input.id, input.title} {
		if part != "" {
			parts = append(parts, oneLine(part))
		}
	}
	return strings.Join(parts, " ")
}

// printStarted tells of a run that was started, and which command watches it,
// if one does.
func (a *app) printStarted(workflowID, runID, watch string) {
	if a.json() {
		a.printJSON(outcome{WorkflowID: workflowID, RunID: runID, Status: latch.JobRunning})
		return
	}
	a.printf("Started %s\n  run: %s\n", workflowID, runID)
	if watch != "" {
		a.printf("  watch: %s\n", watch)
	}
}
