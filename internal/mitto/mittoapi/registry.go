package mittoapi

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/latch-run/latch/internal/mitto"
	"github.com/latch-run/latch/internal/registry"
)

type jsonValue = json.RawMessage

// A Registry stores registered jobs. [registry.Store] implements it.
type Registry interface {
	Create(ctx context.Context, definition registry.Definition) (*registry.Entry, error)
	Get(ctx context.Context, id string) (*registry.Entry, error)
	GetAll(ctx context.Context, ids []string) ([]*registry.Entry, error)
	Whole(ctx context.Context, rows []registry.Row) ([]*registry.Entry, error)
	Update(ctx context.Context, id string, change func(*registry.Definition) error) (*registry.Entry, error)
	Delete(ctx context.Context, id string) error
	List(ctx context.Context) ([]registry.Row, error)
	Start(ctx context.Context, entry *registry.Entry, requestID string, prove registry.Prove) (runID string, err error)
	LastRun(ctx context.Context, id string) (*registry.Run, error)
	RunsOf(ctx context.Context, id, cursor string, limit int) (*registry.RunPart, error)
	Runs(ctx context.Context) (map[string]registry.Run, error)
	CountRuns(ctx context.Context) (registry.Count, error)
	Tags(ctx context.Context) ([]registry.Tag, error)
	CreateTag(ctx context.Context, name string) (*registry.Tag, error)
	PutTags(ctx context.Context, put []registry.Tag, remove []string) error
}

// rows lists the registered jobs in the order of their creation.
func (a *routes) rows(ctx context.Context) ([]registry.Row, error) {
	rows, err := a.registry.List(ctx)
	slices.SortStableFunc(rows, func(x, y registry.Row) int { return x.CreatedAt.Compare(y.CreatedAt.Time) })
	return rows, err
}

// keep copies a changed job into its definition.
func keep(job *mitto.Job, definition *registry.Definition) {
	definition.ID, definition.Job, definition.Lacks, definition.Extras = job.ID, job.Latch, job.Lacks, job.Extras
}

// changeMitto changes a job as Mitto's clients see it.
func (a *routes) changeMitto(ctx context.Context, id string, change func(*mitto.Job) error) (*mitto.Job, error) {
	entry, err := a.changeEntry(ctx, id, change)
	if err != nil {
		return nil, err
	}
	return mitto.Of(&entry.Definition), nil
}

// changeEntry is changeMitto for callers that need the stored entry.
func (a *routes) changeEntry(ctx context.Context, id string, change func(*mitto.Job) error) (*registry.Entry, error) {
	return a.registry.Update(ctx, id, func(definition *registry.Definition) error { return changeDefinition(definition, change) })
}

// changeDefinition changes the job in a definition.
func changeDefinition(definition *registry.Definition, change func(*mitto.Job) error) error {
	job := mitto.Of(definition)
	if err := change(job); err != nil {
		return err
	}
	keep(job, definition)
	return nil
}
