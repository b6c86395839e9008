package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/backend"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/cli/output"
	"github.com/latch-run/latch/internal/runs"
)

// pollTimeout bounds one poll of --watch, so that a worker that does not answer does not delay
// the report of the run's end.
const pollTimeout = 5 * time.Second

func watchCommand(e *env) *cobra.Command {
	return remote(e, &cobra.Command{Use: "watch ID", Short: "Show a run's progress until it ends", Args: cobra.ExactArgs(1),
		Long: "Show a run's progress until it ends, as job run --watch does; the exit code is\nthat of the run. Ctrl-C stops watching, not the run." + anyID},
		func(ctx context.Context, open opener, args []string) error {
			world, err := open(ctx)
			if err != nil {
				return err
			}
			run, err := world.Find(ctx, args[0])
			if err != nil {
				return err
			}
			return follow(ctx, e.out, e.pollInterval, run)
		})
}

// An ending is the result of waiting for a run.
type ending struct {
	outcome *runs.Outcome
	err     error
}

// follow prints the run's progress as it happens, and its outcome.
func follow(ctx context.Context, out *output.Printer, pace time.Duration, run *backend.Run) error {
	ended := make(chan ending, 1)
	go func() {
		outcome, err := run.Wait(ctx)
		ended <- ending{outcome, err}
	}()
	w := &watcher{ask: run.Progress, to: out.Out, coloured: out.Colours()}
	if out.JSON {
		w.to = out.Err // standard output is for the outcome
	}
	w.line(output.Dim.In("watching"), output.Bold.In(output.Printable(run.WorkflowID)), output.Dim.In("run "+run.RunID))
	ticker := time.NewTicker(pace)
	defer ticker.Stop()
	for {
		w.poll(ctx)
		select {
		case <-ctx.Done():
			return interruptedWatch(run)
		case end := <-ended:
			if failure.IsInterrupted(ctx) {
				return interruptedWatch(run)
			}
			if end.err != nil {
				return fmt.Errorf("waiting for %s, which goes on: %w", run.WorkflowID, end.err)
			}
			w.poll(ctx)
			printOutcome(out, end.outcome, w.records)
			if code := exitCode(end.outcome); code != failure.ExitOK {
				return failure.Silent(code)
			}
			return nil
		case <-ticker.C:
		}
	}
}

func interruptedWatch(run *backend.Run) error {
	return failure.New(failure.Interrupted, "stopped watching; %s goes on. Watch it again with: starter watch %s", run.WorkflowID, output.Shell(run.WorkflowID))
}

// A watcher polls a run and prints what has changed.
type watcher struct {
	ask      func(context.Context) (*latch.Status, []latch.Record, error)
	to       io.Writer
	coloured bool

	records  []latch.Record
	phase    string
	steps    map[string]string
	settled  map[string]string
	locks    map[string]bool
	measured map[string]int
	rejected int
	trouble  string
	// notBefore is when the server lets itself be asked again.
	notBefore time.Time
}

func (w *watcher) poll(ctx context.Context) {
	if time.Now().Before(w.notBefore) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, pollTimeout)
	defer cancel()
	status, records, err := w.ask(ctx)
	if err != nil {
		if !failure.IsInterrupted(ctx) {
			w.tellTrouble(err)
		}
		w.notBefore = time.Now().Add(failure.Explain(err).RetryAfter)
		return
	}
	w.trouble, w.records = "", records
	// Settled records come first: they happened before the current phase.
	w.tellSteps(status.Steps)
	w.tellRecords(records)
	w.tellPhase(status)
	w.tellMeasured(records)
	w.tellLocks(undecided(status.Locks, records))
	w.tellRejected(status.Rejected)
}

// tellTrouble prints once why no progress can be shown.
func (w *watcher) tellTrouble(err error) {
	text := failure.Explain(err).Text
	if runs.IsNotBegun(err) {
		text = "no worker has taken its first task yet"
	}
	if text != w.trouble {
		w.trouble = text
		w.line(output.Yellow.In("waiting"), output.Plain(output.OneLine(text)))
	}
}

func (w *watcher) tellPhase(status *latch.Status) {
	if phase := phaseOf(status); phase != w.phase && phase != "" {
		w.phase = phase
		w.line(output.Bold.In("phase  "), output.Plain(output.OneLine(phase)))
	}
}

func (w *watcher) tellSteps(steps []latch.StepResult) {
	if w.steps == nil {
		w.steps = map[string]string{}
	}
	for _, step := range steps {
		if step.Status != latch.StepPending && w.steps[step.Name] != step.Status {
			w.line(output.Bold.In("step   "), output.Plain(output.OneLine(step.Name)), stepColour(step.Status).In(step.Status), output.Plain(output.OneLine(step.Error)))
		}
		w.steps[step.Name] = step.Status
	}
}

func stepColour(status string) output.Colour {
	switch status {
	case latch.StepDone:
		return output.Green
	case latch.StepFailed, latch.StepUndoFailed:
		return output.Red
	default:
		return output.Yellow
	}
}

// tellRecords prints each record when it settles, and again when it changes after that.
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

// tellMeasured prints how far each analysis under way is, when it has measured again.
func (w *watcher) tellMeasured(records []latch.Record) {
	if w.measured == nil {
		w.measured = map[string]int{}
	}
	for i := range records {
		record := &records[i]
		if record.Result != latch.ResultPending || record.Attempts <= w.measured[record.DeliveryID] || len(record.Measurements) == 0 {
			continue
		}
		w.measured[record.DeliveryID] = record.Attempts
		w.line(output.Bold.In("measure"), output.Plain(eventOf(record.Event, record.Step)), output.Plain(output.Printable(record.Webhook)),
			output.Plain(measured(record)))
	}
}

// undecided omits the locks of hooks that have decided: nobody needs to remove them.
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
		w.line(output.Yellow.In("lock   "), output.Plain(lock.Event), output.Plain(output.OneLine(lock.Webhook)),
			output.Plain("waits for its removal"+until(lock.Until, lock.OnTimeout)))
		fmt.Fprintf(w.to, "          %s\n", removal(output.Printable(lock.Token)))
	}
}

func (w *watcher) tellRejected(rejected []latch.Rejected) {
	for _, one := range rejected[min(w.rejected, len(rejected)):] {
		w.line(output.Red.In("refused"), output.Plain("signal "+output.OneLine(one.Name)), output.Plain(output.OneLine(one.Error)))
	}
	w.rejected = len(rejected)
}

// line prints the time and the non-empty cells.
func (w *watcher) line(cells ...output.Cell) {
	parts := []string{output.Dim.In(time.Now().Format(time.TimeOnly)).Show(w.coloured)}
	for _, c := range cells {
		if c.Text != "" {
			parts = append(parts, c.Show(w.coloured))
		}
	}
	fmt.Fprintln(w.to, strings.Join(parts, "  "))
}
