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
	// maximumTries bounds how often a change is made anew after others came first.
	maximumTries = 20
	// crowding is what each try adds to the pause before the next at most: those
	// who change the same thing step out of each other's way.
	crowding = 20 * time.Millisecond
)

// Options say where the registry lies.
type Options struct {
	// Service returns Temporal's API; it is called each time, so that a client
	// may connect later.
	Service func() workflowservice.WorkflowServiceClient
	// Namespace is where the schedules are.
	Namespace string
	// TaskQueue is where jobs run unless they say otherwise, and whose webhooks
	// are meant.
	TaskQueue string
	// Identity is who Temporal records as the writer.
	Identity string
	// DataConverter encodes what schedules start; the default one unless given.
	DataConverter converter.DataConverter
	// Fields returns what templates see of a job beside its own fields. It is
	// required for writing.
	Fields func(*Definition) latch.Object
}

// A Store is the registry of one namespace. It is safe for concurrent use and
// keeps nothing but caches.
type Store struct {
	service   func() workflowservice.WorkflowServiceClient
	namespace string
	taskQueue string
	identity  string
	converter converter.DataConverter
	fields    func(*Definition) latch.Object
	rows      *fresh[map[string]Row]
	runs      *fresh[map[string]Run]
	// jobs are the runs of the namespace.
	jobs   *runs.Runs
	recent recent
	// definitions are those that lists showed whole.
	definitions *lru.Cache[string, *Entry]
	webhooks    *Webhooks
	watches     *Watches
	tags        *Shelf[[]Tag]
}

// New makes a store.
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
	s.jobs = runs.New(runs.Options{Service: s.service, Namespace: s.namespace, DataConverter: s.converter, Identity: s.identity})
	s.rows = newFresh(s.loadRows)
	s.runs = newFresh(s.loadRuns)
	s.definitions = newDefinitions()
	s.webhooks = newWebhooks(s)
	s.watches = newWatches(s)
	s.tags = newShelf[[]Tag](s, "latch-tags", "tags of jobs")
	return s
}

// An Entry is a registered job as it was read.
type Entry struct {
	Definition
	// NextTimes are when it runs next by itself.
	NextTimes []time.Time
}

// Get reads a job as it was last written. Its error is ErrUnknown if no job has
// the id.
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

// Create registers a job, as created at the time that the definition says, or
// else now. Its errors are ErrExists, and RefusedError for what
// cannot be: a schedule that Temporal cannot read, a job to follow that is not
// registered.
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

// Update changes a job: change is called with what was last written, again
// where somebody else was faster. An error of it ends the update and is given
// back. A change that changes nothing writes nothing.
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
	// Who follows whom is written even where nothing changed: an earlier change
	// may have been cut off before it.
	return written, s.follow(ctx, after(&written.Definition), id, true)
}

// update changes only the job, and returns it as it was before, too.
func (s *Store) update(ctx context.Context, id string, change func(*Definition) error) (*Definition, *Entry, error) {
	for try := range maximumTries {
		if err := stepAside(ctx, try); err != nil {
			return nil, nil, about(id, err)
		}
		entry, found, err := s.get(ctx, id)
		if err != nil {
			return nil, nil, err
		}
		changed, err := decodeDefinition(id, found) // apart from the entry, all the way down
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

// stepAside waits before a change is made anew, by chance.
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

// replace writes a changed definition. It returns nil if somebody else was faster.
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

// Delete removes a job. A run that is under way goes on. Its error is
// FollowedError while other jobs run after this one.
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

// Pause stops a job from running by itself, or lets it again.
func (s *Store) Pause(ctx context.Context, id string, paused bool) (*Entry, error) {
	return s.Update(ctx, id, func(definition *Definition) error {
		definition.Paused = paused
		return nil
	})
}

// checkAfter refuses to follow a job that is not registered, and circles.
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

// follow notes in a job that another runs after it, or does not any more.
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

// liveFollowers returns those followers that still run after the job.
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

// about names the job that an error is about.
func about(id string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("job %q: %w", id, err)
}
