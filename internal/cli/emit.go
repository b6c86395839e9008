package cli

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/backend"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/cli/output"
	"github.com/latch-run/latch/internal/declared"
	"github.com/latch-run/latch/internal/spec"
)

func emitCommand(e *env) *cobra.Command {
	s := &starter{env: e, kind: spec.Emission}
	command := remote(e, &cobra.Command{Use: "emit FILE...", Short: "Fire custom events", Args: cobra.MinimumNArgs(1),
		Long: `Fire the custom event that FILE describes, as the workflow emit-<id> unless
--id names another; an emission without an id gets emit-<a new UUID>.

With --watch the exit code is 0 once all hooks have ended. Deliveries that failed
do not change it; their number is printed.

A file may hold several events, as YAML documents or as a list, and there may be
several files; - is standard input. All are checked before the first is fired.
Those without an id and without blocking webhooks of their own share runs of
latch.EmitBatch, up to 100 in each; the API does so under load. If some cannot be
fired, the others are: the exit code is then not 0. Of several events --output json
prints a list, with an error for each that was not fired.`},
		func(ctx context.Context, open opener, files []string) error { return s.emit(ctx, open, files) })
	command.Flags().StringVar(&s.workflowID, "id", "", "workflow id (default emit-<id of the emission>, or emit-<UUID>)")
	watchFlag(command, &s.watch)
	return command
}

func (s *starter) emit(ctx context.Context, open opener, files []string) error {
	events, err := s.readEvents(files)
	if err != nil {
		return err
	}
	for _, event := range events {
		for _, warning := range event.warnings {
			s.out.Warnf("%s: %s", event.file, warning)
		}
	}
	switch {
	case len(events) == 1:
		return s.start(ctx, open, events[0])
	case s.workflowID != "":
		return failure.New(failure.Usage, "--id names the run of one event, and there are %d", len(events))
	case s.watch:
		return failure.New(failure.Usage, "--watch follows one event, and there are %d", len(events))
	}
	return s.emitAll(ctx, open, events)
}

// readEvents reads the events of all files. Its error lists all problems.
func (s *starter) readEvents(files []string) ([]*checked, error) {
	var events []*checked
	var problems latch.Problems
	for _, file := range files {
		for _, event := range checkAll(s.out.In, file, spec.Emission) {
			problems = append(problems, declared.Labelled(event.file, event.problems)...)
			events = append(events, event)
		}
	}
	if len(problems) > 0 {
		return nil, failure.OfProblems(problems)
	}
	return events, nil
}

// maximumShown bounds the errors of events that are printed for people.
const maximumShown = 20

// An emittedEvent is one event of many, as --output json prints it.
type emittedEvent struct {
	File  string `json:"file"`
	Event string `json:"event"`
	backend.Emitted
	Error string `json:"error,omitempty"`
}

func (s *starter) emitAll(ctx context.Context, open opener, events []*checked) error {
	world, err := open(ctx)
	if err != nil {
		return err
	}
	given := make([]backend.Event, len(events))
	for i, event := range events {
		given[i] = backend.Event{Input: event.data, Emission: event.emission}
	}
	progress := s.out.Progress()
	emitted := world.Emit(ctx, given, func(done int) { progress.Show("firing: %d of %d events", done, len(events)) })
	progress.End()
	err = s.printEmitted(events, emitted)
	if err == nil && world.Unpolled(ctx, s.settings.TaskQueue) {
		s.out.Warnf("no worker polls the task queue %q, and nothing is sent until one does", s.settings.TaskQueue)
	}
	return err
}

// printEmitted prints what was fired. It returns the error of the first event that was not
// fired.
func (s *starter) printEmitted(events []*checked, emitted []backend.Emitted) error {
	table := output.NewTable("EVENT", "ID", "WORKFLOW")
	all := make([]emittedEvent, len(events))
	var failed []string
	var first error
	for i, each := range emitted {
		all[i] = emittedEvent{File: events[i].file, Event: events[i].emission.Event, Emitted: each}
		if each.Err != nil {
			all[i].Error = failure.Explain(each.Err).Error()
			failed = append(failed, events[i].file+": "+all[i].Error)
			first = cmp.Or(first, each.Err)
			continue
		}
		table.Add(output.Plain(all[i].Event), output.Plain(each.ID), output.Plain(each.WorkflowID))
	}
	if s.out.JSON {
		s.out.Value(all)
	} else {
		s.out.Table(table)
	}
	if first == nil {
		return nil
	}
	explained := *failure.Explain(first)
	explained.Text = fmt.Sprintf("%d of %d events were not fired:\n%s", len(failed), len(events),
		strings.Join(failed[:min(len(failed), maximumShown)], "\n"))
	if more := len(failed) - maximumShown; more > 0 {
		explained.Text += fmt.Sprintf("\n… and %d more; --output json has all", more)
	}
	return &explained
}
