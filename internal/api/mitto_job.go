package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/mitto"
	"github.com/latch-run/latch/internal/registry"
)

type jobInput struct {
	ID string `path:"id" doc:"The job's id"`
}

type jobBodyInput struct {
	ID      string `path:"id" doc:"The job's id"`
	RawBody []byte
}

type bodyInput struct{ RawBody []byte }

type (
	jobOutput  struct{ Body jobObject }
	jobsOutput struct{ Body []jobObject }
	noOutput   struct{}
)

// statusOfRun gives a job's last run as Mitto's clients know it; nil is none.
func statusOfRun(run *registry.Run) *mitto.Status {
	switch {
	case run == nil:
		return nil
	case run.Status == latch.JobRunning:
		return mitto.Running(run.RunID, run.StartedAt)
	default:
		return mitto.Ended(run.RunID, latch.JobResult{Status: run.Status, Error: run.Error, StartedAt: run.StartedAt, CompletedAt: run.CompletedAt, KVP: run.KVP})
	}
}

func (a *api) lastStatus(ctx context.Context, id string) (*mitto.Status, error) {
	run, err := a.registry.LastRun(ctx, id)
	return statusOfRun(run), err
}

// shown gives a job with its last run.
func (a *api) shown(ctx context.Context, definition *registry.Definition) (jobObject, error) {
	status, err := a.lastStatus(ctx, definition.ID)
	if err != nil {
		return nil, err
	}
	return jobObject(mitto.Of(definition).Object(status)), nil
}

func (a *api) getJob(ctx context.Context, input *jobInput) (*jobOutput, error) {
	entry, err := a.registry.Get(ctx, input.ID)
	if err != nil {
		return nil, err
	}
	body, err := a.shown(ctx, &entry.Definition)
	return &jobOutput{body}, err
}

// A MittoJobStatus is a job's last run, with the job's names.
type MittoJobStatus struct {
	ID     any         `json:"id" doc:"An int where it is one, else a string"`
	Name   any         `json:"name"`
	Title  any         `json:"title"`
	Type   any         `json:"type"`
	Status maybeStatus `json:"status"`
}

type jobStatusOutput struct{ Body MittoJobStatus }

func (a *api) getJobStatus(ctx context.Context, input *jobInput) (*jobStatusOutput, error) {
	entry, err := a.registry.Get(ctx, input.ID)
	if err != nil {
		return nil, err
	}
	status, err := a.lastStatus(ctx, input.ID)
	if err != nil {
		return nil, err
	}
	object := mitto.Of(&entry.Definition).Object(nil)
	return &jobStatusOutput{MittoJobStatus{ID: object["id"], Name: object["name"], Title: object["title"], Type: object["type"], Status: maybeStatus{status}}}, nil
}

func (a *api) createJob(ctx context.Context, input *bodyInput) (*jobOutput, error) {
	object, err := readObject(input.RawBody)
	if err != nil {
		return nil, err
	}
	made, err := a.makeJob(ctx, object)
	return &jobOutput{made}, err
}

// idTries bounds how often another id is tried where one is taken.
const idTries = 20

// makeJob registers a job under the id that was sent, or under one made here.
// A number that is taken is what a copy of another job bears.
func (a *api) makeJob(ctx context.Context, object map[string]jsonValue) (jobObject, error) {
	id, named := idOf(object)
	for range idTries {
		if id == "" {
			id = strconv.Itoa(firstJobID + rand.N(jobIDs))
		}
		job, err := mitto.New(id, object, time.Now())
		if err != nil {
			return nil, decoded(err)
		}
		var definition registry.Definition
		keep(job, &definition)
		entry, err := a.registry.Create(ctx, definition)
		if errors.Is(err, registry.ErrExists) && !named {
			id = ""
			continue
		}
		if err != nil {
			return nil, err
		}
		return jobObject(mitto.Of(&entry.Definition).Object(nil)), nil
	}
	return nil, problem(http.StatusConflict, "No id was found that is free after %d tries; try again.", idTries)
}

// Ids made here have nine digits, by chance: so that no two processes need to
// agree, and no id comes back.
const (
	firstJobID = 100_000_000
	jobIDs     = 900_000_000
)

// idOf gives the id that was sent, and whether it is a name that has to be
// kept.
func idOf(object map[string]jsonValue) (id string, named bool) {
	var value any
	if json.Unmarshal(object["id"], &value) != nil {
		return "", false
	}
	switch value := value.(type) {
	case string:
		_, err := strconv.ParseInt(value, 10, 64)
		return value, err != nil
	case float64:
		return string(object["id"]), false
	default:
		return "", false
	}
}

func (a *api) changeJob(ctx context.Context, input *jobBodyInput) (*jobOutput, error) {
	object, err := readObject(input.RawBody)
	if err != nil {
		return nil, err
	}
	job, err := a.changeMitto(ctx, input.ID, func(job *mitto.Job) error { return decoded(job.Patch(object, time.Now())) })
	if err != nil {
		return nil, err
	}
	status, err := a.lastStatus(ctx, input.ID)
	return &jobOutput{jobObject(job.Object(status))}, err
}

func (a *api) deleteJob(ctx context.Context, input *jobInput) (*noOutput, error) {
	return nil, a.registry.Delete(ctx, input.ID)
}

// Bounds of a call that is about several jobs.
const (
	maximumBulk = 1000
	bulkWorkers = 8
)

func (a *api) createJobs(ctx context.Context, input *bodyInput) (*jobsOutput, error) {
	objects, err := readObjects(input.RawBody)
	if err != nil {
		return nil, err
	}
	made := make([]jobObject, len(objects))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(bulkWorkers)
	for i, object := range objects {
		group.Go(func() (err error) {
			made[i], err = a.makeJob(ctx, object)
			return err
		})
	}
	return &jobsOutput{made}, group.Wait()
}

// readObjects reads a list of jobs and tells all that is wrong with any.
func readObjects(body []byte) ([]map[string]jsonValue, error) {
	if err := needJSON(body); err != nil {
		return nil, err
	}
	var list []json.RawMessage
	if json.Unmarshal(body, &list) != nil || list == nil || len(list) > maximumBulk {
		return nil, problem(http.StatusUnprocessableEntity, "The body has to be an array of at most %d jobs.", maximumBulk)
	}
	var problems latch.Problems
	objects := make([]map[string]jsonValue, len(list))
	for i, each := range list {
		object, err := mitto.Read(each)
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
	return objects, decoded(problems.Err())
}

type nameInput struct {
	Name string `query:"name" doc:"The jobs' name; all jobs where it is empty"`
}

func (a *api) getJobs(ctx context.Context, input *nameInput) (*jobsOutput, error) {
	rows, err := a.registry.List(ctx)
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
	return &jobsOutput{found}, group.Wait()
}
