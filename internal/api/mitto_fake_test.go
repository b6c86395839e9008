package api_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/cron"
	"github.com/latch-run/latch/internal/lockpage"
	"github.com/latch-run/latch/internal/mitto/mittoapi"
	"github.com/latch-run/latch/internal/registry"
)

// A fakeRegistry keeps jobs in memory, in the order of their making.
type fakeRegistry struct {
	mutex   sync.Mutex
	jobs    []registry.Definition
	runs    map[string]registry.Run
	tags    []registry.Tag
	started []string // request ids
	// startedEntries are what was to be started.
	startedEntries []*registry.Entry
	// keepsTimes has jobs keep the time of creation that the API gives them.
	keepsTimes bool
	// startError and createError answer in place of a run and a job.
	startError, createError error
}

func (f *fakeRegistry) at(id string) int {
	return slices.IndexFunc(f.jobs, func(d registry.Definition) bool { return d.ID == id })
}

func (f *fakeRegistry) Create(_ context.Context, definition registry.Definition) (*registry.Entry, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.createError != nil {
		return nil, f.createError
	}
	if f.at(definition.ID) >= 0 {
		return nil, fmt.Errorf("job %q: %w", definition.ID, registry.ErrExists)
	}
	if !f.keepsTimes {
		definition.CreatedAt = latch.NewTime(fixed)
	}
	definition.UpdatedAt = latch.NewTime(fixed)
	f.jobs = append(f.jobs, definition)
	return entryOf(definition), nil
}

// entryOf is a job as Temporal tells of it.
func entryOf(definition registry.Definition) *registry.Entry {
	entry := &registry.Entry{Definition: definition}
	if definition.Job != nil && !definition.Paused {
		entry.NextTimes = cron.Next(definition.Job.Schedule, fixed, 10)
	}
	return entry
}

func (f *fakeRegistry) Get(_ context.Context, id string) (*registry.Entry, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if at := f.at(id); at >= 0 {
		return &registry.Entry{Definition: f.jobs[at]}, nil
	}
	return nil, fmt.Errorf("job %q: %w", id, registry.ErrUnknown)
}

func (f *fakeRegistry) GetAll(ctx context.Context, ids []string) ([]*registry.Entry, error) {
	var found []*registry.Entry
	for _, id := range ids {
		if entry, err := f.Get(ctx, id); err == nil {
			found = append(found, entry)
		}
	}
	return found, nil
}

func (f *fakeRegistry) Whole(ctx context.Context, rows []registry.Row) ([]*registry.Entry, error) {
	ids := make([]string, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
	}
	return f.GetAll(ctx, ids)
}

func (f *fakeRegistry) Update(ctx context.Context, id string, change func(*registry.Definition) error) (*registry.Entry, error) {
	entry, err := f.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := change(&entry.Definition); err != nil {
		return nil, err
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.jobs[f.at(id)] = entry.Definition
	return entryOf(entry.Definition), nil
}

func (f *fakeRegistry) Delete(_ context.Context, id string) error {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	at := f.at(id)
	if at < 0 {
		return fmt.Errorf("job %q: %w", id, registry.ErrUnknown)
	}
	if len(f.jobs[at].Followers) > 0 {
		return &registry.FollowedError{ID: id, Followers: f.jobs[at].Followers}
	}
	f.jobs = slices.Delete(f.jobs, at, at+1)
	return nil
}

func (f *fakeRegistry) List(context.Context) ([]registry.Row, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	rows := make([]registry.Row, len(f.jobs))
	for i := range f.jobs {
		rows[i] = registry.RowOf(&f.jobs[i])
	}
	return rows, nil
}

func (f *fakeRegistry) Start(_ context.Context, entry *registry.Entry, requestID string) (string, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.started, f.startedEntries = append(f.started, requestID), append(f.startedEntries, entry)
	switch run, ran := f.runs[entry.ID]; {
	case entry.Job == nil:
		return "", &registry.RefusedError{Field: "conf", Reason: "cannot run: " + entry.Lacks}
	case f.startError != nil:
		return "", f.startError
	case ran && run.Status == latch.JobRunning:
		return "", serviceerror.NewWorkflowExecutionAlreadyStarted("running", "", run.RunID)
	}
	return "run-1", nil
}

func (f *fakeRegistry) LastRun(_ context.Context, id string) (*registry.Run, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if run, ran := f.runs[id]; ran {
		return &run, nil
	}
	return nil, nil
}

func (f *fakeRegistry) Runs(context.Context) (map[string]registry.Run, error) { return f.runs, nil }

func (f *fakeRegistry) CountRuns(context.Context) (registry.Count, error) {
	return registry.Count{Runs: 3, Failed: 1, Succeeded: 2}, nil
}

func (f *fakeRegistry) Tags(context.Context) ([]registry.Tag, error) { return f.tags, nil }

func (f *fakeRegistry) CreateTag(_ context.Context, name string) (*registry.Tag, error) {
	tag := registry.Tag{Name: name, CreatedAt: latch.NewTime(fixed), UpdatedAt: latch.NewTime(fixed)}
	f.tags = append(f.tags, tag)
	return &tag, nil
}

// A mittoBench is an API without keys over a fake registry.
type mittoBench struct {
	*testing.T
	http.Handler
	registry *fakeRegistry
	temporal *fake
}

func newMitto(t *testing.T) *mittoBench {
	t.Helper()
	b := &mittoBench{T: t, registry: &fakeRegistry{runs: map[string]registry.Run{}}, temporal: &fake{}}
	b.Handler = newAPI(t, b.temporal, api.Options{Routes: allRoutes(mittoapi.Options{Registry: b.registry, FQDN: "stage.zuarbase.net", Environment: "test"}, lockpage.Options{})})
	return b
}

// do calls and gives the body of an answer of the status.
func (b *mittoBench) do(status int, method, path, body string, headers ...string) string {
	b.Helper()
	got := call(b, method, path, body, headers...)
	require.Equal(b, status, got.Code, "%s %s: %s", method, path, got.Body)
	if status < 300 && status != 204 {
		require.Equal(b, "application/json", got.Header().Get("Content-Type"))
	}
	return strings.TrimSpace(got.Body.String())
}
