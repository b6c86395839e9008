package mittoapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/declared"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/registry"
)

const (
	// ownJobs and ownTags are where jobs and tags are as files declare them.
	ownJobs = "/latch/v1/jobs"
	ownTags = "/latch/v1/tags"
)

// registerDeclared adds the routes that starter apply and starter export call.
func (a *routes) registerDeclared() {
	register[api.NoBody](a, []string{ownJobs}, api.Operation{ID: "list-registered-jobs", Method: http.MethodGet, Role: api.RoleRead,
		Summary: "List registered jobs as files declare them", About: "Sorted by id, numbers first, without their tasks."}, a.listRegistered)
	register[api.NoBody](a, []string{ownPath}, api.Operation{ID: "get-registered-job", Method: http.MethodGet, Role: api.RoleRead,
		Errors: []int{http.StatusNotFound}, Summary: "Show a registered job as a file declares it"}, a.getRegistered)
	register[RegisteredJob](a, []string{ownPath}, api.Operation{ID: "put-registered-job", Method: http.MethodPut,
		Act: latch.AuditJobChange, Role: api.RoleAdmin, Required: true, Large: true,
		Errors:  []int{http.StatusConflict, http.StatusPreconditionFailed},
		Summary: "Replace the job with this id, or register it",
		About: "Takes a job as starter apply does; its id may be left out. What is left out is removed, " +
			"except paused, task_queue and extras, which stay as they are."}, a.putRegistered)
	register[api.NoBody](a, []string{ownTags}, api.Operation{ID: "list-registered-tags", Method: http.MethodGet, Role: api.RoleRead,
		Summary: "List the tags that were created by themselves",
		About:   "Oldest first. A tag that only jobs have is not among them."}, a.listOwnTags)
	register[RegisteredTag](a, []string{ownTags + "/{id}"}, api.Operation{ID: "put-tag", Method: http.MethodPut,
		Act: latch.AuditTagCreate, Role: api.RoleAdmin,
		Summary: "Create the tag with this name, or set its owner"}, a.putTag)
	register[api.NoBody](a, []string{ownTags + "/{id}"}, api.Operation{ID: "delete-tag", Method: http.MethodDelete,
		Act: latch.AuditTagDelete, Role: api.RoleAdmin, Status: http.StatusNoContent, Errors: []int{http.StatusNotFound},
		Summary: "Delete a tag", About: "Jobs keep it."}, a.deleteTag)
}

// A RegisteredJob describes a job as a file declares it, for OpenAPI.
type RegisteredJob struct {
	Kind string `json:"kind,omitempty" enum:"job"`
	latch.Job
	CannotRun string         `json:"cannot_run,omitempty" doc:"Why the job is kept but cannot run; it then has no task"`
	TaskQueue string         `json:"task_queue,omitempty" doc:"The queue of its runs; left out, it stays, and a new job gets the API's"`
	Paused    *bool          `json:"paused,omitempty" doc:"Whether it runs only when it is started; left out, it stays"`
	Extras    map[string]any `json:"extras,omitempty" doc:"Keys that are kept for other systems; left out, they stay"`
	ManagedBy string         `json:"managed_by,omitempty" doc:"The owner that starter apply wrote it for"`
	CreatedAt latch.Time     `json:"created_at,omitzero" doc:"Ignored in a request"`
	UpdatedAt latch.Time     `json:"updated_at,omitzero" doc:"Ignored in a request"`
}

// A WrittenJob describes the answer to a call that wrote a job, or would.
type WrittenJob struct {
	RegisteredJob
	Changes  []api.FieldChange `json:"changes,omitempty" doc:"Of a dry run: the fields that would change, without credentials"`
	Warnings []api.Warning     `json:"warnings,omitempty" doc:"Parts of the input that are probably mistakes"`
}

// These are encoded already, with their keys in the order of a file.
type (
	jobDocument     json.RawMessage
	writtenDocument json.RawMessage
)

// MarshalJSON returns the document.
func (d jobDocument) MarshalJSON() ([]byte, error) { return d, nil }

// MarshalJSON returns the document.
func (d writtenDocument) MarshalJSON() ([]byte, error) { return d, nil }

// documentOf returns a job as a file declares it, with what is known beside it.
func documentOf(definition *registry.Definition) json.RawMessage {
	document := declared.OfJob(definition, "").JSON
	if definition.ManagedBy != "" {
		document = rawjson.With(document, "managed_by", definition.ManagedBy)
	}
	if !definition.CreatedAt.IsZero() {
		document = rawjson.With(document, "created_at", definition.CreatedAt)
		document = rawjson.With(document, "updated_at", definition.UpdatedAt)
	}
	return document
}

// A ListedJob is a registered job in a list.
type ListedJob struct {
	ID        string          `json:"id"`
	Title     string          `json:"title,omitempty"`
	Tags      []string        `json:"tags,omitempty"`
	Schedule  *latch.Schedule `json:"schedule,omitempty"`
	Paused    bool            `json:"paused,omitempty"`
	CannotRun bool            `json:"cannot_run,omitempty" doc:"Whether the job is kept but cannot run"`
	ManagedBy string          `json:"managed_by,omitempty" doc:"The owner that starter apply wrote it for"`
	CreatedAt latch.Time      `json:"created_at,omitzero"`
	UpdatedAt latch.Time      `json:"updated_at,omitzero"`
}

// A ListedJobs is one page of the registered jobs.
type ListedJobs struct {
	Jobs       []ListedJob `json:"jobs"`
	TaskQueue  string      `json:"task_queue" doc:"The API's task queue, on which jobs run that name none"`
	NextCursor string      `json:"next_cursor,omitempty" doc:"The parameter cursor of the next part; absent on the last"`
}

type listedInput struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"200"`
	Cursor string `query:"cursor" doc:"The next_cursor of the part before"`
}

type listedOutput struct{ Body ListedJobs }

// listRegistered lists a part of the jobs. The cursor is the id of the last job of the part before:
// if that was deleted since, the part begins with the jobs after its place.
func (a *routes) listRegistered(ctx context.Context, input *listedInput) (*listedOutput, error) {
	rows, err := a.registry.List(ctx)
	if err != nil {
		return nil, err
	}
	from := 0
	if input.Cursor != "" {
		at, found := slices.BinarySearchFunc(rows, registry.Row{ID: input.Cursor}, registry.CompareRows)
		if from = at; found {
			from++
		}
	}
	page, more := part(rows, input.Limit, from)
	body := ListedJobs{Jobs: make([]ListedJob, len(page)), TaskQueue: a.TaskQueue}
	for i := range page {
		row := &page[i]
		body.Jobs[i] = ListedJob{ID: row.ID, Title: row.Title, Tags: row.Tags, Schedule: row.Schedule, Paused: row.Paused, CannotRun: row.Lacks,
			ManagedBy: row.ManagedBy, CreatedAt: row.CreatedAt, UpdatedAt: row.UpdatedAt}
	}
	if more {
		body.NextCursor = page[len(page)-1].ID
	}
	return &listedOutput{body}, nil
}

type documentOutput struct {
	ETag string `header:"ETag" doc:"For If-Match of a change"`
	Body jobDocument
}

func (a *routes) getRegistered(ctx context.Context, input *jobInput) (*documentOutput, error) {
	entry, err := a.registry.Get(ctx, input.ID)
	if err != nil {
		return nil, err
	}
	return &documentOutput{api.ETag(versionOf(&entry.Definition)), jobDocument(documentOf(&entry.Definition))}, nil
}

type putJobInput struct {
	ChangedJob
	api.DryRunQuery
	RawBody []byte
}

type writtenOutput struct{ Body writtenDocument }

// putRegistered replaces or creates the job.
func (a *routes) putRegistered(ctx context.Context, input *putJobInput) (*writtenOutput, error) {
	if err := api.NeedJSON(input.RawBody); err != nil {
		return nil, err
	}
	item, owner, problems, warnings := declared.DecodeJob(input.RawBody, input.ID, time.Now())
	if err := problems.Err(); err != nil {
		return nil, api.Decoded(err)
	}
	change := func(definition *registry.Definition) error {
		if err := input.checkDeclared(definition); err != nil {
			return err
		}
		registered, problems := item.Registered(*definition, owner)
		*definition = registered
		return api.Decoded(problems.Err())
	}
	if input.DryRun {
		return a.foresee(ctx, input.ID, change, warnings)
	}
	entry, err := a.registry.Update(ctx, input.ID, change)
	if errors.Is(err, registry.ErrUnknown) {
		made := registry.Definition{}
		if err := change(&made); err != nil {
			return nil, err
		}
		entry, err = a.registry.Create(ctx, made)
	}
	if err != nil {
		return nil, err
	}
	return writtenAs(documentOf(&entry.Definition), nil, warnings), nil
}

// checkDeclared is [ChangedJob.check], where a definition without an id is that of no job.
func (i *ChangedJob) checkDeclared(definition *registry.Definition) error {
	if definition.ID == "" {
		return api.CheckGone(i.IfMatch)
	}
	return i.check(definition)
}

// foresee answers what a change would do.
func (a *routes) foresee(ctx context.Context, id string, change func(*registry.Definition) error,
	warnings []latch.Problem) (*writtenOutput, error) {
	api.NoteNoAct(ctx)
	before := registry.Definition{}
	entry, err := a.registry.Get(ctx, id)
	switch {
	case err == nil:
		before = entry.Definition
	case !errors.Is(err, registry.ErrUnknown):
		return nil, err
	}
	after := before
	if err := change(&after); err != nil {
		return nil, err
	}
	return writtenAs(documentOf(&after), declared.JobChanges(before, after), warnings), nil
}

func writtenAs(document json.RawMessage, changes []declared.FieldChange, warnings []latch.Problem) *writtenOutput {
	if len(changes) > 0 {
		document = rawjson.With(document, "changes", api.FieldChanges(changes))
	}
	if len(warnings) > 0 {
		document = rawjson.With(document, "warnings", api.WarningsOf(warnings))
	}
	return &writtenOutput{writtenDocument(document)}
}

// A RegisteredTag is a tag that was created by itself.
type RegisteredTag struct {
	Name      string     `json:"name"`
	ManagedBy string     `json:"managed_by,omitempty" doc:"The owner that starter apply wrote it for"`
	CreatedAt latch.Time `json:"created_at,omitzero"`
	UpdatedAt latch.Time `json:"updated_at,omitzero"`
}

// RegisteredTags is the list of those.
type RegisteredTags struct {
	Tags []RegisteredTag `json:"tags"`
}

type (
	ownTagsOutput struct{ Body RegisteredTags }
	ownTagOutput  struct{ Body RegisteredTag }
	tagInput      struct {
		Name string `path:"id" doc:"The tag's name"`
	}
	putTagInput struct {
		Name    string `path:"id" doc:"The tag's name"`
		RawBody []byte
	}
)

func (a *routes) listOwnTags(ctx context.Context, _ *struct{}) (*ownTagsOutput, error) {
	tags, err := a.registry.Tags(ctx)
	if err != nil {
		return nil, err
	}
	body := RegisteredTags{Tags: make([]RegisteredTag, len(tags))}
	for i, tag := range tags {
		body.Tags[i] = RegisteredTag(tag)
	}
	return &ownTagsOutput{body}, nil
}

// putTag creates a tag, or sets its owner. Both may be sent again.
func (a *routes) putTag(ctx context.Context, input *putTagInput) (*ownTagOutput, error) {
	tag, err := decodeTag(input)
	if err != nil {
		return nil, err
	}
	if err := a.registry.PutTags(ctx, []registry.Tag{{Name: tag.Name, ManagedBy: tag.ManagedBy}}, nil); err != nil {
		return nil, err
	}
	tags, err := a.registry.Tags(ctx)
	if err != nil {
		return nil, err
	}
	if at := slices.IndexFunc(tags, func(t registry.Tag) bool { return t.Name == tag.Name }); at >= 0 {
		tag = RegisteredTag(tags[at])
	}
	return &ownTagOutput{tag}, nil
}

func decodeTag(input *putTagInput) (RegisteredTag, error) {
	sent := RegisteredTag{Name: input.Name}
	var problems latch.Problems
	if len(input.RawBody) > 0 {
		object, err := readObject(input.RawBody)
		if err != nil {
			return sent, err
		}
		for key, value := range object {
			switch into := map[string]*string{"name": &sent.Name, "managed_by": &sent.ManagedBy}[key]; {
			case key == "created_at", key == "updated_at":
			case into == nil:
				problems.Addf(key, "unknown key: a tag has name and managed_by")
			case json.Unmarshal(value, into) != nil:
				problems.Addf(key, "%s is not a text", value)
			}
		}
	}
	if err := latch.CheckOwner(sent.ManagedBy); err != nil {
		problems.Addf("managed_by", "%v", err)
	}
	switch {
	case sent.Name != input.Name:
		problems.Addf("name", "%q differs from the name in the path; leave it out", sent.Name)
	case !registry.IsTagName(input.Name):
		problems.Addf("name", "a tag's name has at most %d bytes, and is not blank", registry.MaximumTagName)
	}
	return sent, api.Decoded(problems.Err())
}

func (a *routes) deleteTag(ctx context.Context, input *tagInput) (*noOutput, error) {
	tags, err := a.registry.Tags(ctx)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(tags, func(t registry.Tag) bool { return t.Name == input.Name }) {
		return nil, api.NewProblem(http.StatusNotFound, "No tag named %q was created by itself.", input.Name)
	}
	return nil, a.registry.PutTags(ctx, nil, []string{input.Name})
}
