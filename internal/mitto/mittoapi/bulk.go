package mittoapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/mitto"
)

// Bounds of a call about several jobs.
const (
	maximumBulk = 1000
	bulkWorkers = 8
)

// A MittoBulk answers a call about several jobs.
type MittoBulk struct {
	Status  MittoBulkStatus `json:"status"`
	Results []jobObject     `json:"results" doc:"The jobs, without those that failed"`
}

// A MittoBulkStatus counts the jobs for which the call succeeded and failed.
type MittoBulkStatus struct {
	Success int     `json:"success"`
	Failure int     `json:"failure"`
	Error   *string `json:"error" nullable:"true" doc:"Why the first failed job failed"`
}

type bulkOutput struct{ Body MittoBulk }

// bulkOf returns the answer of a call. jobs are in the order of the request,
// nil for each that failed; failed is the first error. If no job succeeded, the
// call itself fails with it.
func (a *routes) bulkOf(ctx context.Context, jobs []jobObject, failed error) (*bulkOutput, error) {
	output := &bulkOutput{MittoBulk{Results: []jobObject{}}}
	for _, job := range jobs {
		if job != nil {
			output.Body.Results = append(output.Body.Results, job)
		}
	}
	status := &output.Body.Status
	status.Success = len(output.Body.Results)
	if status.Failure = len(jobs) - status.Success; status.Failure > 0 {
		if status.Success == 0 {
			return nil, failed
		}
		reason := failed.Error()
		var known *api.Problem
		if errors.As(a.Explain(ctx, failed), &known) {
			reason = known.Detail
		}
		status.Error = &reason
	}
	return output, nil
}

// createJobs registers jobs concurrently. Their creation times are a
// millisecond apart, so that lists show them in the order of the body.
func (a *routes) createJobs(ctx context.Context, input *bodyInput) (*bulkOutput, error) {
	objects, err := a.readObjects(ctx, input.RawBody)
	if err != nil {
		return nil, err
	}
	made, failures := make([]jobObject, len(objects)), make([]error, len(objects))
	begun := time.Now()
	var group errgroup.Group
	group.SetLimit(bulkWorkers)
	for i, object := range objects {
		group.Go(func() error {
			made[i], failures[i] = a.makeJob(ctx, object, begun.Add(time.Duration(i)*time.Millisecond))
			return nil // one failure does not stop the others
		})
	}
	_ = group.Wait() // the errors are in failures
	var first error
	if at := slices.IndexFunc(failures, func(err error) bool { return err != nil }); at >= 0 {
		first = failures[at]
	}
	var ids []string
	for _, job := range made {
		if id, _ := idOf(job); id != "" {
			ids = append(ids, id)
		}
	}
	api.NoteAct(ctx, func(entry *latch.AuditEntry) { entry.Target = strings.Join(ids, ", ") })
	return a.bulkOf(ctx, made, first)
}

// readObjects reads a list of jobs. Its error covers all problems of all of
// them.
func (a *routes) readObjects(ctx context.Context, body []byte) ([]map[string]jsonValue, error) {
	if err := api.NeedJSON(body); err != nil {
		return nil, err
	}
	var list []json.RawMessage
	if json.Unmarshal(body, &list) != nil || list == nil || len(list) > maximumBulk {
		return nil, api.NewProblem(http.StatusUnprocessableEntity, "The body must be an array of at most %d jobs.", maximumBulk)
	}
	var problems latch.Problems
	objects := make([]map[string]jsonValue, len(list))
	for i, each := range list {
		object, err := mitto.Read(each)
		if err == nil {
			object, err = a.restoredJob(ctx, object)
		}
		if err == nil {
			_, err = mitto.New("1", object, time.Now())
		}
		var found latch.Problems
		if err != nil && !errors.As(err, &found) {
			return nil, err
		}
		for _, one := range found {
			path := fmt.Sprintf("[%d]", i)
			if one.Path != "" {
				path += "." + one.Path
			}
			problems.Addf(path, "%s", one.Message)
		}
		objects[i] = object
	}
	return objects, api.Decoded(problems.Err())
}

type nameInput struct {
	Name string `query:"name" doc:"The name of the jobs; empty returns all jobs"`
}

func (a *routes) getJobs(ctx context.Context, input *nameInput) (*bulkOutput, error) {
	rows, err := a.rows(ctx)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, row := range rows {
		if input.Name == "" || row.Name == input.Name {
			ids = append(ids, row.ID)
		}
	}
	entries, err := a.registry.GetAll(ctx, ids)
	if err != nil {
		return nil, err
	}
	found := make([]jobObject, len(entries))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(bulkWorkers)
	for i, entry := range entries {
		group.Go(func() (err error) {
			found[i], err = a.shown(ctx, &entry.Definition)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return a.bulkOf(ctx, found, nil)
}
