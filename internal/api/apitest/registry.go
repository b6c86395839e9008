package apitest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"go.temporal.io/api/serviceerror"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cron"
	"github.com/latch-run/latch/internal/registry"
)

// Fixed is the time at which everything is made.
var Fixed = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// A Registry keeps jobs in memory, in the order of their making.
type Registry struct {
	mutex sync.Mutex
	Jobs  []registry.Definition
	// Ran are the last runs, by their jobs' ids.
	Ran map[string]registry.Run
	// Earlier are the runs before those, the newest one first.
	Earlier map[string][]registry.Run
	tags    []registry.Tag
	// Started are the request ids of starts, StartedEntries what was started.
	Started        []string
	StartedEntries []*registry.Entry
	// KeepsTimes has jobs keep the time of creation that the API gives them.
	KeepsTimes bool
	// StartError and CreateError answer in place of a run and a job.
	StartError, CreateError error
}

func (f *Registry) at(id string) int {
	return slices.IndexFunc(f.Jobs, func(d registry.Definition) bool { return d.ID == id })
}

func (f *Registry) Create(_ context.Context, definition registry.Definition) (*registry.Entry, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.CreateError != nil {
		return nil, f.CreateError
	}
	if f.at(definition.ID) >= 0 {
		return nil, fmt.Errorf("job %q: %w", definition.ID, registry.ErrExists)
	}
	if !f.KeepsTimes {
		definition.CreatedAt = latch.NewTime(Fixed)
	}
	definition.UpdatedAt = latch.NewTime(Fixed)
	f.Jobs = append(f.Jobs, definition)
	return entryOf(definition), nil
}

// entryOf returns a job as Temporal's schedules describe it.
func entryOf(definition registry.Definition) *registry.Entry {
	entry := &registry.Entry{Definition: definition}
	if definition.Job != nil && !definition.Paused {
		entry.NextTimes = cron.Next(definition.Job.Schedule, Fixed, 10)
	}
	return entry
}

func (f *Registry) Get(_ context.Context, id string) (*registry.Entry, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if at := f.at(id); at >= 0 {
		return &registry.Entry{Definition: f.Jobs[at]}, nil
	}
	return nil, fmt.Errorf("job %q: %w", id, registry.ErrUnknown)
}

func (f *Registry) GetAll(ctx context.Context, ids []string) ([]*registry.Entry, error) {
	var found []*registry.Entry
	for _, id := range ids {
		if entry, err := f.Get(ctx, id); err == nil {
			found = append(found, entry)
		}
	}
	return found, nil
}

func (f *Registry) Whole(ctx context.Context, rows []registry.Row) ([]*registry.Entry, error) {
	ids := make([]string, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
	}
	return f.GetAll(ctx, ids)
}

func (f *Registry) Update(ctx context.Context, id string, change func(*registry.Definition) error) (*registry.Entry, error) {
	entry, err := f.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := change(&entry.Definition); err != nil {
		return nil, err
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.Jobs[f.at(id)] = entry.Definition
	return entryOf(entry.Definition), nil
}

func (f *Registry) Delete(_ context.Context, id string) error {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	at := f.at(id)
	if at < 0 {
		return fmt.Errorf("job %q: %w", id, registry.ErrUnknown)
	}
	if len(f.Jobs[at].Followers) > 0 {
		return &registry.FollowedError{ID: id, Followers: f.Jobs[at].Followers}
	}
	f.Jobs = slices.Delete(f.Jobs, at, at+1)
	return nil
}

func (f *Registry) List(context.Context) ([]registry.Row, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	rows := make([]registry.Row, len(f.Jobs))
	for i := range f.Jobs {
		rows[i] = registry.RowOf(&f.Jobs[i])
	}
	return rows, nil
}

func (f *Registry) Start(_ context.Context, entry *registry.Entry, requestID string, _ registry.Prove) (string, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.Started, f.StartedEntries = append(f.Started, requestID), append(f.StartedEntries, entry)
	switch run, ran := f.Ran[entry.ID]; {
	case entry.Job == nil:
		return "", &registry.RefusedError{Field: "conf", Reason: "cannot run: " + entry.Lacks}
	case f.StartError != nil:
		return "", f.StartError
	case ran && run.Status == latch.JobRunning:
		return "", serviceerror.NewWorkflowExecutionAlreadyStarted("running", "", run.RunID)
	}
	return "run-1", nil
}

func (f *Registry) LastRun(_ context.Context, id string) (*registry.Run, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if run, ran := f.Ran[id]; ran {
		return &run, nil
	}
	return nil, nil
}

func (f *Registry) RunsOf(_ context.Context, id, _ string, limit int) (*registry.RunPart, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	var all []registry.Run
	if run, ran := f.Ran[id]; ran {
		all = append(all, run)
	}
	all = append(all, f.Earlier[id]...)
	part := &registry.RunPart{Runs: all[:min(limit, len(all))], Count: int64(len(all))}
	if limit < len(all) {
		part.NextCursor = "more"
	}
	return part, nil
}

func (f *Registry) Runs(context.Context) (map[string]registry.Run, error) { return f.Ran, nil }

func (f *Registry) CountRuns(context.Context) (registry.Count, error) {
	return registry.Count{Runs: 3, Failed: 1, Succeeded: 2}, nil
}

func (f *Registry) Tags(context.Context) ([]registry.Tag, error) { return f.tags, nil }

func (f *Registry) CreateTag(_ context.Context, name string) (*registry.Tag, error) {
	tag := registry.Tag{Name: name, CreatedAt: latch.NewTime(Fixed), UpdatedAt: latch.NewTime(Fixed)}
	f.tags = append(f.tags, tag)
	return &tag, nil
}

func (f *Registry) PutTags(_ context.Context, put []registry.Tag, remove []string) error {
	f.tags = slices.DeleteFunc(f.tags, func(t registry.Tag) bool {
		return slices.Contains(remove, t.Name) || slices.ContainsFunc(put, func(p registry.Tag) bool { return p.Name == t.Name })
	})
	for _, tag := range put {
		tag.CreatedAt, tag.UpdatedAt = latch.NewTime(Fixed), latch.NewTime(Fixed)
		f.tags = append(f.tags, tag)
	}
	return nil
}
