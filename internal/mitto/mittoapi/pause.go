package mittoapi

import (
	"context"
	"net/http"

	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/registry"
)

func (a *routes) pauseJob(ctx context.Context, input *jobInput) (*jobOutput, error) {
	return a.setPaused(ctx, input.ID, true)
}

func (a *routes) resumeJob(ctx context.Context, input *jobInput) (*jobOutput, error) {
	return a.setPaused(ctx, input.ID, false)
}

// setPaused pauses or resumes a job's schedule.
func (a *routes) setPaused(ctx context.Context, id string, paused bool) (*jobOutput, error) {
	entry, err := a.registry.Update(ctx, id, func(definition *registry.Definition) error {
		if paused && (definition.Job == nil || definition.Job.Schedule == nil) {
			return api.NewProblem(http.StatusConflict, "Job %s does not run by itself: there is nothing to pause.", id)
		}
		definition.Paused = paused
		return nil
	})
	if err != nil {
		return nil, err
	}
	body, err := a.shown(ctx, &entry.Definition)
	if err != nil {
		return nil, err
	}
	addPlanOf(body, entry)
	return &jobOutput{body}, nil
}

// addPlanOf adds to a job its next scheduled times, and whether it is paused.
func addPlanOf(body jobObject, entry *registry.Entry) {
	row := rowObject{}
	addPlan(row, registry.RowOf(&entry.Definition))
	body["paused"], body["cannot_run"] = row["paused"], row["cannot_run"]
	addNextTimes(body, entry)
}
