package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch"
	temporalruns "github.com/latch-run/latch/internal/runs"
)

// pollTimeout bounds one question of --watch, so that a run's end is not
// missed for a worker that does not answer.
const pollTimeout = 5 * time.Second

func (a *app) watchCommand() *cobra.Command {
	return takesAPI(&cobra.Command{Use: "watch ID", Short: "Show a run's progress until it ends", Args: cobra.ExactArgs(1),
		Long: "Show a run's progress until it ends, as job run --watch does; the exit code is\nthat of the run. Ctrl-C stops watching, not the run." + anyID,
		RunE: func(cmd *cobra.Command, args []string) error {
			if a.api != nil {
				return a.apiWatch(cmd.Context(), args[0])
			}
			temporal, err := a.dial(cmd.Context())
			if err != nil {
				return err
			}
			defer temporal.Close()
			workflowID, _, err := resolve(cmd.Context(), temporal, args[0], anyPrefix...)
			if err != nil {
				return err
			}
			return a.watch(cmd.Context(), temporal, temporal.GetWorkflow(cmd.Context(), workflowID, ""))
		}})
}

// A watched run is one whose progress and end can be asked for.
type watched struct {
	workflowID, runID string
	// ask gives where the run stands, and its records. end waits for its end.
	ask func(context.Context) (*latch.Status, []latch.Record, error)
	end func(context.Context) (outcome, error)
}

// ending is how the wait for a run ended.
type ending struct {
	outcome outcome
	err     error
}

// watch prints the progress of a run of Temporal's.
func (a *app) watch(ctx context.Context, temporal temporalClient, run client.WorkflowRun) error {
	return a.follow(ctx, watched{workflowID: run.GetID(), runID: run.GetRunID(),
		ask: func(ctx context.Context) (*latch.Status, []latch.Record, error) {
			var status latch.Status
			var records []latch.Record
			err := query(ctx, temporal, run.GetID(), latch.QueryStatus, &status)
			if err == nil {
				err = query(ctx, temporal, run.GetID(), latch.QueryHistory, &records)
			}
			return &status, records, err
		},
		end: func(ctx context.Context) (outcome, error) { return await(ctx, run) },
	})
}

// follow prints the run's progress as it happens, and its outcome.
func (a *app) follow(ctx context.Context, run watched) error {
	ended := make(chan ending, 1)
	go func() {
		came, err := run.end(ctx)
		ended <- ending{came, err}
	}()
	w := &watcher{ask: run.ask, to: a.out, coloured: a.colour()}
	if a.json() {
		w.to = a.err // standard output is for the outcome
	}
	w.line(cell{"watching", dim}, cell{printable(run.workflowID), bold}, cell{"run " + run.runID, dim})
	ticker := time.NewTicker(a.pollInterval)
	defer ticker.Stop()
	for {
		w.poll(ctx)
		select {
		case <-ctx.Done():
			return a.interruptedWatch(run)
		case end := <-ended:
			if interrupted(ctx) {
				return a.interruptedWatch(run)
			}
			if end.err != nil {
				return fmt.Errorf("waiting for %s, which goes on: %w", run.workflowID, end.err)
			}
			w.poll(ctx)
			a.printOutcome(end.outcome, w.records)
			if code := end.outcome.exitCode(); code != exitOK {
				return silent(code)
			}
			return nil
		case <-ticker.C:
		}
	}
}

func (a *app) interruptedWatch(run watched) error {
	return newFailure(exitInterrupted, kindInterrupted, "stopped watching; %s goes on. Watch it again with: starter watch %s", run.workflowID, shell(run.workflowID))
}

// watcher asks a run where it stands and prints what has changed.
type watcher struct {
	ask      func(context.Context) (*latch.Status, []latch.Record, error)
	to       io.Writer
	coloured bool

	records  []latch.Record
	phase    string
	steps    map[string]string
	settled  map[string]string
	locks    map[string]bool
	rejected int
	trouble  string
}

func (w *watcher) poll(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, pollTimeout)
	defer cancel()
	status, records, err := w.ask(ctx)
	if err != nil {
		if !interrupted(ctx) {
			w.tellTrouble(err)
		}
		return
	}
	w.trouble, w.records = "", records
	// What has settled came before the phase that the run is in now.
	w.tellSteps(status.Steps)
	w.tellRecords(records)
	w.tellPhase(status)
	w.tellLocks(undecided(status.Locks, records))
	w.tellRejected(status.Rejected)
}

// tellTrouble says once why there is no progress to show.
func (w *watcher) tellTrouble(err error) {
	text := explain(err).text
	if temporalruns.IsNotBegun(err) {
		text = "no worker has taken its first task yet"
	}
	if text != w.trouble {
		w.trouble = text
		w.line(cell{"waiting", yellow}, cell{oneLine(text), plain})
	}
}

func (w *watcher) tellPhase(status *latch.Status) {
	if phase := phaseOf(status); phase != w.phase && phase != "" {
		w.phase = phase
		w.line(cell{"phase  ", bold}, cell{oneLine(phase), plain})
	}
}

func (w *watcher) tellSteps(steps []latch.StepResult) {
	if w.steps == nil {
		w.steps = map[string]string{}
	}
	for _, step := range steps {
		if step.Status != latch.StepPending && w.steps[step.Name] != step.Status {
			w.line(cell{"step   ", bold}, cell{oneLine(step.Name), plain}, cell{step.Status, stepColour(step.Status)}, cell{oneLine(step.Error), plain})
		}
		w.steps[step.Name] = step.Status
	}
}

func stepColour(status string) string {
	switch status {
	case latch.StepDone:
		return green
	case latch.StepFailed, latch.StepUndoFailed:
		return red
	default:
		return yellow
	}
}

// tellRecords prints each record as it settles, and again when it changes
// after that.
func (w *watcher) tellRecords(records []latch.Record) {
	if w.settled == nil {
		w.settled = map[string]string{}
	}
	for i := range records {
		record := &records[i]
		state := strings.Join([]string{record.Result, record.Decision, record.HandedTo}, " ")
		if record.Result == latch.ResultPending && record.HandedTo == "" || w.settled[record.DeliveryID] == state {
			continue
		}
		w.settled[record.DeliveryID] = state
		w.line(recordLine(record)...)
	}
}

// undecided leaves out the locks of hooks that have decided: nobody need remove
// them any more.
func undecided(locks []latch.OpenLock, records []latch.Record) []latch.OpenLock {
	decided := map[string]bool{}
	for i := range records {
		if record := &records[i]; record.Lock != nil && (record.Decision != "" || !record.Lock.Open()) {
			decided[record.Lock.Token] = true
		}
	}
	return slices.DeleteFunc(locks, func(lock latch.OpenLock) bool { return decided[lock.Token] })
}

func (w *watcher) tellLocks(locks []latch.OpenLock) {
	if w.locks == nil {
		w.locks = map[string]bool{}
	}
	for _, lock := range locks {
		if w.locks[lock.Token] {
			continue
		}
		w.locks[lock.Token] = true
		w.line(cell{"lock   ", yellow}, cell{lock.Event, plain}, cell{oneLine(lock.Webhook), plain}, cell{"waits for its removal" + until(lock), plain})
		fmt.Fprintf(w.to, "          %s\n", removal(printable(lock.Token)))
	}
}

func (w *watcher) tellRejected(rejected []latch.Rejected) {
	for _, one := range rejected[min(w.rejected, len(rejected)):] {
		w.line(cell{"refused", red}, cell{"signal " + oneLine(one.Name), plain}, cell{oneLine(one.Error), plain})
	}
	w.rejected = len(rejected)
}

// line prints the time and the cells that are not empty.
func (w *watcher) line(cells ...cell) {
	parts := []string{cell{time.Now().Format(time.TimeOnly), dim}.show(w.coloured)}
	for _, c := range cells {
		if c.text != "" {
			parts = append(parts, c.show(w.coloured))
		}
	}
	fmt.Fprintln(w.to, strings.Join(parts, "  "))
}
