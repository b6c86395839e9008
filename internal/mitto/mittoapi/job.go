package mittoapi

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/mitto"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/registry"
)

type jobInput struct {
	ID string `path:"id" doc:"The job's id"`
}

type jobBodyInput struct {
	ID      string `path:"id" doc:"The job's id"`
	RawBody []byte
}

// A ChangedJob names the job to change. It is exported because huma fills in
// the fields of exported types only.
type ChangedJob struct {
	ID      string `path:"id" doc:"The job's id"`
	IfMatch string `header:"If-Match" doc:"The ETag that the job was read with: refused with 412 where it was changed since"`
}

type changedJobInput struct {
	ChangedJob
	RawBody []byte
}

// check returns an error if the job is no longer the version that the caller
// read.
func (i *ChangedJob) check(definition *registry.Definition) error {
	return api.CheckMatch(i.IfMatch, versionOf(definition))
}

// versionOf returns the part of a job that people change. Its last run, and the
// note that another job runs after it, do not make a new version.
func versionOf(definition *registry.Definition) jobObject {
	object := jobObject(mitto.Of(definition).Object(nil))
	delete(object, "status")
	delete(object, "updated_at")
	object["paused"], _ = json.Marshal(definition.Paused) // a bool always encodes
	return object
}

type bodyInput struct{ RawBody []byte }

type (
	jobOutput       struct{ Body jobObject }
	taggedJobOutput struct {
		ETag string `header:"ETag" doc:"For If-Match of a change"`
		Body jobObject
	}
	noOutput struct{}
)

// statusOfRun returns a job's last run as Mitto's clients know it, or nil if
// run is nil.
func statusOfRun(job string, run *registry.Run) *mitto.Status {
	switch {
	case run == nil:
		return nil
	case run.Status == latch.JobRunning:
		return mitto.Running(job, run.RunID, run.StartedAt)
	default:
		return mitto.Ended(job, run.RunID, latch.JobResult{Status: run.Status, Error: run.Error, ExitStatus: run.ExitStatus,
			StartedAt: run.StartedAt, CompletedAt: run.CompletedAt, KVP: run.KVP})
	}
}

func (a *routes) lastStatus(ctx context.Context, id string) (*mitto.Status, error) {
	run, err := a.registry.LastRun(ctx, id)
	return statusOfRun(id, run), err
}

// shown returns a job with its last run.
func (a *routes) shown(ctx context.Context, definition *registry.Definition) (jobObject, error) {
	status, err := a.lastStatus(ctx, definition.ID)
	if err != nil {
		return nil, err
	}
	return jobObject(mitto.Of(definition).Object(status)), nil
}

type getJobInput struct {
	ID     string `path:"id" doc:"The job's id"`
	Prefer string `header:"Prefer" doc:"next-times (RFC 7240) adds next_times, paused and cannot_run"`
}

func (a *routes) getJob(ctx context.Context, input *getJobInput) (*taggedJobOutput, error) {
	entry, err := a.registry.Get(ctx, input.ID)
	if err != nil {
		return nil, err
	}
	body, err := a.shown(ctx, &entry.Definition)
	if err == nil && strings.Contains(input.Prefer, "next-times") {
		addPlanOf(body, entry)
	}
	return &taggedJobOutput{api.ETag(versionOf(&entry.Definition)), body}, err
}

// A MittoJobStatus is a job's last run, with the job's names.
type MittoJobStatus struct {
	ID     any         `json:"id" doc:"An integer if it is one, else a string"`
	Name   any         `json:"name"`
	Title  any         `json:"title"`
	Type   any         `json:"type"`
	Status maybeStatus `json:"status"`
}

type jobStatusOutput struct{ Body MittoJobStatus }

func (a *routes) getJobStatus(ctx context.Context, input *jobInput) (*jobStatusOutput, error) {
	entry, err := a.registry.Get(ctx, input.ID)
	if errors.Is(err, registry.ErrUnknown) {
		entry, err = a.jobOfRun(ctx, input.ID, err)
	}
	if err != nil {
		return nil, err
	}
	status, err := a.lastStatus(ctx, entry.ID)
	if err != nil {
		return nil, err
	}
	object := mitto.Of(&entry.Definition).Object(nil)
	return &jobStatusOutput{MittoJobStatus{ID: object["id"], Name: object["name"], Title: object["title"], Type: object["type"], Status: maybeStatus{status}}}, nil
}

// jobOfRun returns the job whose last run has the number, for Mitto's client,
// which asks by the id in START's answer. For any other number it returns
// unknown.
func (a *routes) jobOfRun(ctx context.Context, id string, unknown error) (*registry.Entry, error) {
	number, err := strconv.ParseInt(id, 10, 64)
	if err != nil || protocol.JobOfRun(number) == "" {
		return nil, unknown
	}
	entry, err := a.registry.Get(ctx, protocol.JobOfRun(number))
	if err != nil {
		return nil, unknown
	}
	run, err := a.registry.LastRun(ctx, entry.ID)
	if err == nil && (run == nil || protocol.RunNumber(entry.ID, run.RunID) != number) {
		return nil, unknown
	}
	return entry, err
}

func (a *routes) createJob(ctx context.Context, input *bodyInput) (*jobOutput, error) {
	object, err := readObject(input.RawBody)
	if err != nil {
		return nil, err
	}
	if object, err = a.restoredJob(ctx, object); err != nil {
		return nil, err
	}
	made, err := a.makeJob(ctx, object, time.Now())
	api.NoteAct(ctx, func(entry *latch.AuditEntry) { entry.Target, _ = idOf(made) })
	return &jobOutput{made}, err
}

// idTries bounds how many ids are tried if they are taken.
const idTries = 20

// makeJob registers a job under the id that was sent, or under a new one. If
// the id is a number that is taken, the body is a copy of another job and gets
// a new id.
func (a *routes) makeJob(ctx context.Context, object map[string]jsonValue, createdAt time.Time) (jobObject, error) {
	id, named := idOf(object)
	for range idTries {
		if id == "" {
			id = strconv.Itoa(firstJobID + rand.N(jobIDs))
		}
		job, err := mitto.New(id, object, createdAt)
		if err != nil {
			return nil, api.Decoded(err)
		}
		definition := registry.Definition{CreatedAt: job.CreatedAt}
		keep(job, &definition)
		entry, err := a.registry.Create(ctx, definition)
		if errors.Is(err, registry.ErrExists) && !named {
			id = ""
			continue
		}
		if err != nil {
			return nil, err
		}
		made := jobObject(mitto.Of(&entry.Definition).Object(nil))
		announce(made, entry, time.Now())
		return made, nil
	}
	return nil, api.NewProblem(http.StatusConflict, "Found no free id in %d tries. Try again.", idTries)
}

// New ids are random numbers of nine digits, so that processes need not agree
// on them and a deleted job's id is not reused.
const (
	firstJobID = 100_000_000
	jobIDs     = 900_000_000
)

// idOf returns the id that was sent, and whether it is a name, which must be
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

func (a *routes) changeJob(ctx context.Context, input *changedJobInput) (*jobOutput, error) {
	object, err := readObject(input.RawBody)
	if err != nil {
		return nil, err
	}
	entry, err := a.registry.Update(ctx, input.ID, func(definition *registry.Definition) error {
		if err := input.check(definition); err != nil {
			return err
		}
		return changeDefinition(definition, func(job *mitto.Job) error { return api.Decoded(job.Patch(object, time.Now())) })
	})
	if err != nil {
		return nil, err
	}
	changed, err := a.shown(ctx, &entry.Definition)
	if err != nil {
		return nil, err
	}
	announce(changed, entry, time.Now())
	return &jobOutput{changed}, nil
}

// deleteJob deletes a job. It checks If-Match just before, because Temporal
// deletes a schedule without regard to its version.
func (a *routes) deleteJob(ctx context.Context, input *ChangedJob) (*noOutput, error) {
	if input.IfMatch != "" {
		entry, err := a.registry.Get(ctx, input.ID)
		if err != nil {
			return nil, err
		}
		if err := input.check(&entry.Definition); err != nil {
			return nil, err
		}
	}
	return nil, a.registry.Delete(ctx, input.ID)
}
