package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/latch-run/latch/internal/mitto"
	"github.com/latch-run/latch/internal/registry"
)

type jsonValue = json.RawMessage

// A Registry keeps registered jobs; [registry.Store] does.
type Registry interface {
	Create(ctx context.Context, definition registry.Definition) (*registry.Entry, error)
	Get(ctx context.Context, id string) (*registry.Entry, error)
	GetAll(ctx context.Context, ids []string) ([]*registry.Entry, error)
	Whole(ctx context.Context, rows []registry.Row) ([]*registry.Entry, error)
	Update(ctx context.Context, id string, change func(*registry.Definition) error) (*registry.Entry, error)
	Delete(ctx context.Context, id string) error
	List(ctx context.Context) ([]registry.Row, error)
	Start(ctx context.Context, entry *registry.Entry, requestID string) (runID string, err error)
	LastRun(ctx context.Context, id string) (*registry.Run, error)
	Runs(ctx context.Context) (map[string]registry.Run, error)
	CountRuns(ctx context.Context) (registry.Count, error)
	Tags(ctx context.Context) ([]registry.Tag, error)
	CreateTag(ctx context.Context, name string) (*registry.Tag, error)
}

// explainRegistry turns an error of the registry into a problem; any other is
// left as it is.
func explainRegistry(err error) error {
	var refused *registry.RefusedError
	var followed *registry.FollowedError
	var unknown *mitto.UnknownWebhook
	var namesake *registry.NamesakeError
	switch {
	case errors.As(err, &namesake):
		p := problem(http.StatusConflict, "%s.", sentence(err))
		p.WorkflowID, p.RunID = namesake.WorkflowID, namesake.RunID
		return p
	case errors.As(err, &refused):
		p := problem(http.StatusUnprocessableEntity, "%s", refused.Reason)
		if field := refused.Field; field != "" {
			if field == "schedule.after" {
				field = "schedule.endof"
			}
			p.Errors = append(p.Errors, &huma.ErrorDetail{Location: "body." + field, Message: refused.Reason})
		}
		return p
	case errors.Is(err, registry.ErrUnknown):
		return problem(http.StatusNotFound, "%s.", sentence(err))
	case errors.As(err, &unknown):
		return problem(http.StatusNotFound, "%s.", sentence(err))
	case errors.Is(err, registry.ErrExists), errors.Is(err, registry.ErrConflict), errors.As(err, &followed):
		return problem(http.StatusConflict, "%s.", sentence(err))
	default:
		return err
	}
}

// sentence begins an error's text as a sentence begins.
func sentence(err error) string {
	text := err.Error()
	if text != "" && text[0] >= 'a' && text[0] <= 'z' {
		return string(text[0]-'a'+'A') + text[1:]
	}
	return text
}

// rows lists the registered jobs in the order of their creation.
func (a *api) rows(ctx context.Context) ([]registry.Row, error) {
	rows, err := a.registry.List(ctx)
	slices.SortStableFunc(rows, func(x, y registry.Row) int { return x.CreatedAt.Compare(y.CreatedAt.Time) })
	return rows, err
}

// keep puts a changed job back.
func keep(job *mitto.Job, definition *registry.Definition) {
	definition.ID, definition.Job, definition.Lacks, definition.Extras = job.ID, job.Latch, job.Lacks, job.Extras
}

// changeMitto changes a job as Mitto's clients see it.
func (a *api) changeMitto(ctx context.Context, id string, change func(*mitto.Job) error) (*mitto.Job, error) {
	entry, err := a.changeEntry(ctx, id, change)
	if err != nil {
		return nil, err
	}
	return mitto.Of(&entry.Definition), nil
}

// changeEntry is changeMitto for callers that need what the registry keeps.
func (a *api) changeEntry(ctx context.Context, id string, change func(*mitto.Job) error) (*registry.Entry, error) {
	return a.registry.Update(ctx, id, func(definition *registry.Definition) error {
		job := mitto.Of(definition)
		if err := change(job); err != nil {
			return err
		}
		keep(job, definition)
		return nil
	})
}
