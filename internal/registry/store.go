package registry

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/runs"
)

const (
	// callTimeout bounds one call to Temporal.
	callTimeout = 10 * time.Second
	// maximumTries bounds how often a change is retried after conflicts.
	maximumTries = 20
	// crowding is added to the longest pause with each retry, so that
	// concurrent writers spread out.
	crowding = 20 * time.Millisecond
)

// Options configure a [Store].
type Options struct {
	// Service returns Temporal's API. It is called for each request, so that a
	// client may connect later.
	Service func() workflowservice.WorkflowServiceClient
	// Namespace is the namespace of the schedules.
	Namespace string
	// TaskQueue is the queue on which jobs run by default, and to which the
	// registered webhooks belong.
	TaskQueue string
	// Identity is what Temporal records as the writer.
	Identity string
	// DataConverter encodes the input of schedules; if nil, the default one.
	DataConverter converter.DataConverter
	// Callbacks are those of the runs that are started; nil for none.
	Callbacks runs.Callbacks
	// Fields returns the fields that templates see of a job beside its own. It
	// is required for writing.
	Fields func(*Definition) latch.Object
}

// A Store is the registry of one namespace. It holds only caches, and is safe
// for concurrent use.
type Store struct {
	service   func() workflowservice.WorkflowServiceClient
	namespace string
	taskQueue string
	identity  string
	converter converter.DataConverter
	fields    func(*Definition) latch.Object
	rows      *fresh[map[string]Row]
	runs      *fresh[map[string]Run]
	// jobs gives access to the runs of the namespace.
	jobs   *runs.Runs
	recent recent
	// definitions caches the entries that lists showed in full.
	definitions *lru.Cache[string, *Entry]
	webhooks    *Webhooks
	watches     *Watches
	freezes     *Freezes
	tags        *Shelf[[]Tag]
}

// New returns a store.
func New(options Options) *Store {
	s := &Store{service: options.Service, namespace: options.Namespace, taskQueue: options.TaskQueue,
		identity: options.Identity, converter: options.DataConverter, fields: options.Fields}
	if s.converter == nil {
		s.converter = converter.GetDefaultDataConverter()
	}
	if s.taskQueue == "" {
		s.taskQueue = latch.DefaultTaskQueue
	}
	if s.identity == "" {
		s.identity = "latch"
	}
	s.jobs = runs.New(runs.Options{Service: s.service, Namespace: s.namespace, DataConverter: s.converter, Identity: s.identity,
		Callbacks: options.Callbacks})
	s.rows = newFresh(s.loadRows)
	s.runs = newFresh(s.loadRuns)
	s.definitions = newDefinitions()
	s.webhooks = newWebhooks(s)
	s.watches = newWatches(s)
	s.freezes = newFreezes(s)
	s.tags = newShelf[[]Tag](s, "latch-tags", "tags of jobs")
	return s
}

// An Entry is a registered job as it was read.
type Entry struct {
	Definition
	// NextTimes are its next scheduled times.
	NextTimes []time.Time
}

// Get returns the latest version of a job. Its error is ErrUnknown if no job
// has the id.
func (s *Store) Get(ctx context.Context, id string) (*Entry, error) {
	entry, _, err := s.get(ctx, id)
	return entry, err
}

func (s *Store) get(ctx context.Context, id string) (*Entry, *kept, error) {
	if !isJobID(id) {
		return nil, nil, about(id, ErrUnknown)
	}
	found, err := s.read(ctx, schedulePrefix+id)
	if err != nil {
		return nil, nil, about(id, err)
	}
	definition, err := decodeDefinition(id, found)
	if err != nil {
		return nil, nil, err
	}
	entry := &Entry{Definition: *definition}
	if !found.schedule.GetState().GetPaused() {
		for _, next := range found.info.GetFutureActionTimes() {
			entry.NextTimes = append(entry.NextTimes, next.AsTime())
		}
	}
	return entry, found, nil
}

// Create registers a job. Its creation time is the definition's, or else now.
// Its errors are ErrExists, and RefusedError for an invalid definition: a
// schedule that Temporal rejects, or a job to follow that is not registered.
func (s *Store) Create(ctx context.Context, definition Definition) (*Entry, error) {
	if err := latch.CheckID(definition.ID); err != nil {
		return nil, &RefusedError{Field: "id", Reason: err.Error()}
	}
	if !isJobID(definition.ID) {
		return nil, &RefusedError{Field: "id", Reason: fmt.Sprintf("%q has more than the letters, digits and signs of ASCII, and Temporal keeps no schedule by such an id: give the job a plain id, and the title what people are to read", definition.ID)}
	}
	definition.UpdatedAt = latch.NewTime(time.Now())
	if definition.CreatedAt.IsZero() {
		definition.CreatedAt = definition.UpdatedAt
	}
	definition.Revision, definition.Earlier = newRevision(), nil
	if definition.TaskQueue == "" {
		definition.TaskQueue = s.taskQueue
	}
	if err := s.checkAfter(ctx, &definition); err != nil {
		return nil, err
	}
	built, err := s.build(&definition)
	if err != nil {
		return nil, err
	}
	if err := s.create(ctx, schedulePrefix+definition.ID, built); err != nil {
		return nil, about(definition.ID, err)
	}
	s.recent.wrote(&definition)
	if err := s.follow(ctx, after(&definition), definition.ID, true); err != nil {
		return nil, err
	}
	return s.Get(ctx, definition.ID)
}

// Update changes a job: it calls change with the latest version, and again if
// somebody else was faster. If change returns an error, Update returns it and
// writes nothing. If nothing changes, nothing is written.
func (s *Store) Update(ctx context.Context, id string, change func(*Definition) error) (*Entry, error) {
	before, written, err := s.update(ctx, id, change)
	if err != nil {
		return nil, err
	}
	if old := after(before); old != after(&written.Definition) {
		if err := s.follow(ctx, old, id, false); err != nil {
			return nil, err
		}
	}
	// Update the followers even if nothing changed: an earlier change may have
	// been interrupted before it did.
	return written, s.follow(ctx, after(&written.Definition), id, true)
}

// update changes only the job. It also returns the version before the change.
func (s *Store) update(ctx context.Context, id string, change func(*Definition) error) (*Definition, *Entry, error) {
	for try := range maximumTries {
		if err := stepAside(ctx, try); err != nil {
			return nil, nil, about(id, err)
		}
		entry, found, err := s.get(ctx, id)
		if err != nil {
			return nil, nil, err
		}
		changed, err := decodeDefinition(id, found) // a deep copy, independent of entry
		if err != nil {
			return nil, nil, err
		}
		if err := change(changed); err != nil {
			return nil, nil, err
		}
		if same(&entry.Definition, changed) {
			return &entry.Definition, entry, nil
		}
		written, err := s.replace(ctx, &entry.Definition, changed, found.token)
		if err != nil || written != nil {
			return &entry.Definition, written, err
		}
	}
	return nil, nil, about(id, ErrConflict)
}

// stepAside waits a random time before a retry.
func stepAside(ctx context.Context, try int) error {
	if try == 0 {
		return nil
	}
	select {
	case <-time.After(rand.N(time.Duration(try) * crowding)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// replace writes a changed definition. It returns nil if somebody else was
// faster.
func (s *Store) replace(ctx context.Context, before, changed *Definition, token []byte) (*Entry, error) {
	changed.ID, changed.CreatedAt = before.ID, before.CreatedAt
	changed.UpdatedAt, changed.Revision, changed.Earlier = latch.NewTime(time.Now()), newRevision(), succeed(before.Revision, before.Earlier)
	if after(before) != after(changed) {
		if err := s.checkAfter(ctx, changed); err != nil {
			return nil, err
		}
	}
	built, err := s.build(changed)
	if err != nil {
		return nil, err
	}
	if err := s.write(ctx, schedulePrefix+changed.ID, built, token); err != nil {
		return nil, about(changed.ID, err)
	}
	written, err := s.Get(ctx, changed.ID)
	if err != nil {
		return nil, err
	}
	if !contains(written.Revision, written.Earlier, changed.Revision) {
		return nil, nil
	}
	s.recent.wrote(&written.Definition)
	return written, nil
}

// Delete removes a job. A run in progress continues. Its error is FollowedError
// while other jobs run after this one.
func (s *Store) Delete(ctx context.Context, id string) error {
	entry, err := s.Get(ctx, id)
	if err != nil {
		return err
	}
	followers, err := s.liveFollowers(ctx, entry)
	if err != nil {
		return err
	}
	if len(followers) > 0 {
		return &FollowedError{ID: id, Followers: followers}
	}
	if err := s.remove(ctx, schedulePrefix+id); err != nil {
		return about(id, err)
	}
	s.recent.deleted(id)
	return s.follow(ctx, after(&entry.Definition), id, false)
}

// Pause pauses or resumes a job's schedule.
func (s *Store) Pause(ctx context.Context, id string, paused bool) (*Entry, error) {
	return s.Update(ctx, id, func(definition *Definition) error {
		definition.Paused = paused
		return nil
	})
}

// checkAfter rejects following a job that is not registered, and cycles.
func (s *Store) checkAfter(ctx context.Context, definition *Definition) error {
	seen := []string{definition.ID}
	for next := after(definition); next != ""; {
		if slices.Contains(seen, next) {
			return &RefusedError{Field: "schedule.after", Reason: fmt.Sprintf("%s run after each other in a circle", strings.Join(append(seen, next), ", "))}
		}
		seen = append(seen, next)
		entry, err := s.Get(ctx, next)
		if errors.Is(err, ErrUnknown) {
			return &RefusedError{Field: "schedule.after", Reason: fmt.Sprintf("%q names no registered job", next)}
		}
		if err != nil {
			return err
		}
		next = after(&entry.Definition)
	}
	return nil
}

// follow records in a job whether another runs after it.
func (s *Store) follow(ctx context.Context, leader, follower string, follows bool) error {
	if leader == "" {
		return nil
	}
	_, _, err := s.update(ctx, leader, func(definition *Definition) error {
		others := slices.DeleteFunc(slices.Clone(definition.Followers), func(id string) bool { return id == follower })
		switch {
		case follows && len(others) == len(definition.Followers):
			definition.Followers = append(others, follower)
		case !follows:
			definition.Followers = others
		}
		return nil
	})
	if !follows && errors.Is(err, ErrUnknown) {
		return nil
	}
	return err
}

// liveFollowers returns the followers that still run after the job.
func (s *Store) liveFollowers(ctx context.Context, entry *Entry) ([]string, error) {
	var live []string
	for _, id := range entry.Followers {
		follower, err := s.Get(ctx, id)
		if errors.Is(err, ErrUnknown) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if after(&follower.Definition) == entry.ID {
			live = append(live, id)
		}
	}
	return live, nil
}

// about adds the job's id to an error.
func about(id string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("job %q: %w", id, err)
}
