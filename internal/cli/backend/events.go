package backend

import (
	"cmp"
	"context"
	"encoding/json"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/counted"
	"github.com/latch-run/latch/internal/eventbatch"
	"github.com/latch-run/latch/internal/runs"
)

// Calls made at once to fire events.
const (
	batchesAtOnce = 4
	// eventsAtOnce lets the API fire events together.
	eventsAtOnce = 50
)

// An Event is a custom event to fire.
type Event struct {
	// Input is what the file says, Emission what it means.
	Input    json.RawMessage
	Emission *latch.Emission
}

// An Emitted event has been fired, or could not be.
type Emitted struct {
	ID         string `json:"id,omitempty"`
	WorkflowID string `json:"workflow_id,omitempty"`
	RunID      string `json:"run_id,omitempty"`
	Err        error  `json:"-"`
}

// Emit fires each event by itself; the API lets them share runs.
func (a *API) Emit(ctx context.Context, events []Event, done func(int)) []Emitted {
	emitted := make([]Emitted, len(events))
	sideBySide(ctx, eventsAtOnce, each(places(len(events))), emitted, done, func(batch []int) {
		one := batch[0]
		started, err := a.client.FireEvent(ctx, events[one].Input, "")
		if err != nil {
			emitted[one].Err = a.failed(err, failure.Running)
			return
		}
		emitted[one] = Emitted{ID: started.ID, WorkflowID: started.WorkflowID, RunID: started.RunID}
	})
	return emitted
}

// Emit starts a run for as many events as can share it.
func (t *Temporal) Emit(ctx context.Context, events []Event, done func(int)) []Emitted {
	e := &emission{t, events, make([]Emitted, len(events))}
	sideBySide(ctx, batchesAtOnce, e.batches(), e.emitted, done, func(batch []int) { e.fire(ctx, batch) })
	return e.emitted
}

// An emission fires events as runs on Temporal.
type emission struct {
	*Temporal
	events  []Event
	emitted []Emitted
}

// batches returns the places of the events that share a run.
func (e *emission) batches() [][]int {
	var shared, alone []int
	for i, event := range e.events {
		e.emitted[i].ID = event.Emission.ID
		if event.Emission.ID == "" {
			e.emitted[i].ID = eventbatch.NewID()
		}
		if eventbatch.MayShare(event.Emission) {
			shared = append(shared, i)
		} else {
			alone = append(alone, i)
		}
	}
	var batches [][]int
	for len(shared) > 0 {
		n := eventbatch.Fit(shared, e.at)
		batches = append(batches, shared[:n])
		shared = shared[n:]
	}
	return append(batches, each(alone)...)
}

func (e *emission) at(place int) eventbatch.Event {
	return eventbatch.Event{ID: e.emitted[place].ID, Emission: e.events[place].Emission, Body: e.events[place].Input}
}

// fire starts a run for the events, or one for each if they cannot share it.
func (e *emission) fire(ctx context.Context, batch []int) {
	if len(batch) > 1 {
		if input, err := eventbatch.Encode(batch, e.at); err == nil {
			e.start(ctx, batch, runs.Start{Workflow: latch.WorkflowEmitBatch, WorkflowID: eventbatch.WorkflowID(),
				Summary: counted.Of(len(batch), "event", "events"), Arguments: []any{input}})
			return
		}
	}
	for _, place := range batch {
		event := e.events[place]
		workflowID := e.emitted[place].ID
		if event.Emission.ID != "" {
			workflowID = latch.EmissionKind.WorkflowID(event.Emission.ID)
		}
		e.start(ctx, []int{place}, runs.Start{Workflow: latch.WorkflowEmit, WorkflowID: workflowID,
			Summary: "event " + event.Emission.Event + " " + event.Emission.ID, Arguments: []any{event.Input}})
	}
}

func (e *emission) start(ctx context.Context, batch []int, start runs.Start) {
	start.TaskQueue = e.taskQueue
	runID, err := e.runs.Start(ctx, start)
	_, err = e.started(start.WorkflowID, runID, e.taskQueue, err)
	for _, place := range batch {
		emitted := &e.emitted[place]
		emitted.WorkflowID, emitted.RunID, emitted.Err = start.WorkflowID, runID, err
	}
}

// sideBySide calls do for each batch, most of them at once, and done with the number of
// events whose outcome is known. Once the command is interrupted or the server cannot be
// reached, the remaining events fail with that error, without a call.
func sideBySide(ctx context.Context, most int, batches [][]int, emitted []Emitted, done func(int), do func(batch []int)) {
	var group errgroup.Group
	group.SetLimit(most)
	var mutex sync.Mutex
	var away error
	count := 0
	for _, batch := range batches {
		group.Go(func() error {
			mutex.Lock()
			stopped := cmp.Or(away, ctx.Err())
			mutex.Unlock()
			if stopped == nil {
				do(batch)
			}
			mutex.Lock()
			defer mutex.Unlock()
			for _, place := range batch {
				if stopped != nil {
					emitted[place].Err = stopped
				}
				if err := emitted[place].Err; err != nil && failure.Explain(err).Kind == failure.Unreachable {
					away = err
				}
			}
			count += len(batch)
			done(count)
			return nil
		})
	}
	_ = group.Wait() // each event has its own error
}

func places(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// each returns batches of one.
func each(places []int) [][]int {
	var batches [][]int
	for _, place := range places {
		batches = append(batches, []int{place})
	}
	return batches
}
