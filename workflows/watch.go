package workflows

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/closes"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rawjson"
)

const (
	// watchHeartbeat is the time without a heartbeat after which another worker takes over.
	watchHeartbeat = 10 * time.Second
	// largestNotice bounds the runs that one workflow reports, in bytes of their JSON. A single
	// run may be larger.
	largestNotice = 256 << 10
)

// A watch is one run of a watch's workflow.
type watch struct {
	protocol.Watch
	changes, hinted workflow.ReceiveChannel
}

// Watch is the workflow latch.Watch, which exists once for each registered watch. It finds the
// runs that close, and starts workflows that report them (contract, "Watch"). It ends once the
// watch is no longer registered.
//
// An activity searches for runs until it finds some. A watch with nothing to report thus costs
// six events an hour, where a timer or a schedule would cost as many for each search.
func Watch(ctx workflow.Context, input converter.RawValue) error {
	w := &watch{changes: workflow.GetSignalChannel(ctx, protocol.SignalWatchChanged),
		hinted: workflow.GetSignalChannel(ctx, protocol.SignalWatchHinted)}
	if err := json.Unmarshal(payloadJSON(input), &w.Watch); err != nil || w.ID == "" {
		return invalidSpec(latch.Problems{{Message: fmt.Sprintf("%s is started by registering a watch, not by hand", latch.WorkflowWatch)}})
	}
	if w.Cursor.Since.IsZero() {
		w.Cursor.Since = workflow.GetInfo(ctx).WorkflowStartTime
	}
	for {
		w.takeChanges()
		w.takeHints(ctx)
		found, err := w.look(ctx)
		if err != nil {
			return err
		}
		if found.Gone && !w.takeChanges() {
			return nil
		}
		if !found.Gone {
			if err := w.tell(ctx, found); err != nil {
				return err
			}
		}
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			w.takeChanges()
			w.takeHints(ctx)
			return workflow.NewContinueAsNewError(ctx, latch.WorkflowWatch, w.Watch)
		}
	}
}

// takeChanges takes the signals that have arrived, and reports whether there were any. The
// activity reads the watch anew each time: the signals only keep the workflow from ending if
// the watch was deleted and registered again.
func (w *watch) takeChanges() (some bool) {
	for w.changes.ReceiveAsync(nil) {
		some = true
	}
	return some
}

// takeHints takes the hints that have arrived, and reports whether one is of a run that was not
// reported.
func (w *watch) takeHints(ctx workflow.Context) (some bool) {
	for {
		var hint protocol.WatchHint
		if !w.hinted.ReceiveAsync(&hint) {
			return some
		}
		if knows(ctx, takesHints) && w.Hints.Add(hint.Runs, &w.Memory, &w.Cursor) {
			some, w.Hinted = true, true
		}
	}
}

// look waits until runs are found, the watch is gone, or a round is over. It finds nothing if a
// hint arrives meanwhile: the activity cannot learn of it, so the next one asks for its run.
func (w *watch) look(ctx workflow.Context) (found protocol.Found, err error) {
	ctx, stop := workflow.WithCancel(ctx)
	defer stop()
	looking := workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 2 * protocol.WatchRound,
		HeartbeatTimeout:    watchHeartbeat,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 30 * time.Second},
		Summary:             excerpt.Of("Look for runs that close: "+w.ID, 190),
	}), protocol.ActivityWatch, w.Watch)
	hinted := false
	selector := workflow.NewSelector(ctx).AddFuture(looking, func(workflow.Future) {}).
		AddReceive(w.hinted, func(workflow.ReceiveChannel, bool) { hinted = w.takeHints(ctx) })
	for !looking.IsReady() && !hinted {
		selector.Select(ctx)
	}
	if hinted {
		return protocol.Found{Cursor: w.Cursor, Hints: w.Hints}, nil
	}
	err = looking.Get(ctx, &found)
	return found, err
}

// tell starts workflows that report the runs, and records that.
func (w *watch) tell(ctx workflow.Context, found protocol.Found) error {
	told := make([]closes.Told, len(found.Closes))
	for i, each := range found.Closes {
		told[i] = closes.Told{RunID: each.RunID, Closed: each.ClosedAt.Time}
	}
	for rest := found.Closes; len(rest) > 0; {
		together := fitting(rest)
		if err := w.notify(ctx, protocol.WatchNotice{Watch: found.Watch, Closes: rest[:together]}); err != nil {
			return err
		}
		rest = rest[together:]
	}
	w.Cursor, w.Hints = found.Cursor, found.Hints
	w.Hints.Drop(told)
	w.Memory.Add(told, w.Cursor.Remembers())
	w.Told += len(told)
	workflow.SetCurrentDetails(ctx, w.details())
	return nil
}

// fitting returns how many of the runs one workflow reports.
func fitting(all []latch.Close) int {
	size := 0
	for i := range all {
		if size += len(rawjson.Encode(all[i])); size > largestNotice && i > 0 {
			return i
		}
	}
	return len(all)
}

// notify starts a workflow that reports runs, and does not wait for it. It already exists if
// this run was reset to an earlier point.
func (w *watch) notify(ctx workflow.Context, notice protocol.WatchNotice) error {
	w.Notices++
	child := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:            fmt.Sprintf("%s%s-%s-%d", latch.PrefixWatchNotice, w.ID, workflow.GetInfo(ctx).FirstRunID, w.Notices),
		WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		ParentClosePolicy:     enums.PARENT_CLOSE_POLICY_ABANDON,
		StaticSummary:         summaryOf("Watch", w.ID, fmt.Sprintf("%d runs closed", len(notice.Closes))),
	})
	err := workflow.ExecuteChildWorkflow(child, latch.WorkflowWatchNotice, notice).GetChildWorkflowExecution().Get(child, nil)
	var started *temporal.ChildWorkflowExecutionAlreadyStartedError
	if errors.As(err, &started) {
		return nil
	}
	return err
}

// details describes the progress of the watch for people.
func (w *watch) details() string {
	text := fmt.Sprintf("Told of %d runs.\n", w.Told)
	if !w.Cursor.Newest.IsZero() {
		text += "\nThe newest of them closed at " + w.Cursor.Newest.UTC().Format(time.RFC3339) + ".\n"
	}
	return text
}
