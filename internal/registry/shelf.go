package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/latch-run/latch/internal/protocol"
)

// A Shelf stores one JSON document in a schedule that never runs. Reads return
// the latest write.
type Shelf[T any] struct {
	store *Store
	id    string
	// holds says what the schedule is for, in words.
	holds string
	reads *fresh[shelved[T]]
	// unmarked is until when load asks for no marks. Only load uses it.
	unmarked time.Time
	// turn is held by the one caller of this process that changes the document, since callers
	// who write at the same time only make each other try again.
	turn *semaphore.Weighted
}

// A shelved document is a content with its revision.
type shelved[T any] struct {
	Revision string   `json:"revision"`
	Earlier  []string `json:"earlier,omitempty"`
	Content  T        `json:"content"`

	// mark is that of the schedule before the document was read, at readAt; or zero.
	mark   mark
	readAt time.Time
}

// A shelfInput is the input with which the schedule would start latch.Trigger.
type shelfInput[T any] struct {
	protocol.Trigger
	Shelf shelved[T] `json:"shelf"`
}

func newShelf[T any](store *Store, id, holds string) *Shelf[T] {
	shelf := &Shelf[T]{store: store, id: id, holds: holds, turn: semaphore.NewWeighted(1)}
	shelf.reads = newFresh(shelf.load)
	return shelf
}

// load returns the document that is known if the schedule has not changed since, or else reads it.
// One load is under way at a time.
func (s *Shelf[T]) load(ctx context.Context, known shelved[T]) (shelved[T], error) {
	var now mark
	if known.Revision != "" && time.Now().After(s.unmarked) { // a program that reads once asks for no mark
		var marks bool
		if now, marks = s.store.mark(ctx, s.id); !marks {
			s.unmarked = time.Now().Add(markless)
		}
	}
	if now != (mark{}) && now == known.mark && time.Since(known.readAt) < believed {
		return known, nil
	}
	document, found, err := s.read(ctx)
	if found != nil && found.hasWorkflow() {
		document.mark, document.readAt = now, time.Now()
	}
	return document, err
}

// Read returns the latest document written before the call, or the zero value
// before the first write. Concurrent callers share one read, and all callers the
// document: nobody may change it.
func (s *Shelf[T]) Read(ctx context.Context) (T, error) {
	return s.wait(ctx, 0)
}

// wait waits for a reading that began at most so long ago.
func (s *Shelf[T]) wait(ctx context.Context, age time.Duration) (T, error) {
	flight, _, _ := s.reads.join(age)
	select {
	case <-flight.done:
		return flight.value.Content, flight.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// ReadWithin is [Shelf.Read], except that it may return a document that was
// read at most age ago.
func (s *Shelf[T]) ReadWithin(ctx context.Context, age time.Duration) (T, error) {
	if document, young := s.reads.within(age); young {
		return document.Content, nil
	}
	return s.wait(ctx, age)
}

// read fetches the document, and the schedule that holds it. Without such a schedule both are zero.
func (s *Shelf[T]) read(ctx context.Context) (shelved[T], *kept, error) {
	found, err := s.store.read(ctx, s.id)
	if errors.Is(err, ErrUnknown) {
		return shelved[T]{}, nil, nil
	}
	if err != nil {
		return shelved[T]{}, nil, fmt.Errorf("read %s: %w", s.holds, err)
	}
	var input shelfInput[T]
	if err := json.Unmarshal(found.input, &input); err != nil {
		return shelved[T]{}, nil, fmt.Errorf("read %s: schedule %q: %w", s.holds, s.id, err)
	}
	if input.Shelf.Revision == "" { // not a shelf, not even an empty one
		return shelved[T]{}, nil, fmt.Errorf("read %s: schedule %q does not hold them; did somebody change what it starts?", s.holds, s.id)
	}
	return input.Shelf, found, nil
}

// Change changes the document: it calls change with the latest document, and
// again if another process was faster. If change returns an error, Change
// returns it and writes nothing. Callers of one process take turns.
func (s *Shelf[T]) Change(ctx context.Context, change func(T) (T, error)) error {
	if err := s.turn.Acquire(ctx, 1); err != nil {
		return fmt.Errorf("write %s: %w", s.holds, err)
	}
	defer s.turn.Release(1)
	for try := range maximumTries {
		if err := stepAside(ctx, try); err != nil {
			return fmt.Errorf("write %s: %w", s.holds, err)
		}
		document, found, err := s.read(ctx)
		if err != nil {
			return err
		}
		changed := shelved[T]{Revision: newRevision(), Earlier: succeed(document.Revision, document.Earlier)}
		if changed.Content, err = change(document.Content); err != nil {
			return err
		}
		err = s.write(ctx, changed, found)
		if errors.Is(err, ErrExists) {
			continue
		}
		if err != nil {
			return fmt.Errorf("write %s: %w", s.holds, err)
		}
		began := time.Now()
		written, _, err := s.read(ctx)
		if err == nil {
			s.reads.note(written, began)
		}
		if err != nil || contains(written.Revision, written.Earlier, changed.Revision) {
			return err
		}
	}
	return fmt.Errorf("write %s: %w", s.holds, ErrConflict)
}

// write replaces the schedule that was found, or creates it if none was.
func (s *Shelf[T]) write(ctx context.Context, document shelved[T], found *kept) error {
	encoded, err := json.Marshal(shelfInput[T]{Trigger: protocol.Trigger{Holds: s.holds}, Shelf: document})
	if err != nil {
		return err
	}
	if len(encoded) > maximumDefinition {
		return &RefusedError{Reason: fmt.Sprintf("%s would have %d bytes; at most %d are kept", s.holds, len(encoded), maximumDefinition)}
	}
	schedule, err := s.store.scheduleStarting(encoded, "latch-trigger", "Holds "+s.holds, s.store.taskQueue)
	if err != nil {
		return err
	}
	schedule.State.Notes = "Holds Latch's " + s.holds + " and runs nothing. Deleting it deletes them."
	if found == nil {
		return s.store.create(ctx, s.id, schedule)
	}
	return s.store.write(ctx, s.id, schedule, found.token)
}
