package mittoapi

import (
	"encoding/json"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/mitto"
)

// Objects are answered key by key, as they were sent. The structs below
// describe them in OpenAPI.
type (
	jobObject     map[string]json.RawMessage
	rowObject     map[string]json.RawMessage
	webhookObject map[string]json.RawMessage
)

// describe sets, in the OpenAPI document, the struct that describes each of those objects.
func describe(registry huma.Registry) {
	registry.RegisterTypeAlias(reflect.TypeFor[jobObject](), reflect.TypeFor[MittoJob]())
	registry.RegisterTypeAlias(reflect.TypeFor[rowObject](), reflect.TypeFor[MittoListedJob]())
	registry.RegisterTypeAlias(reflect.TypeFor[webhookObject](), reflect.TypeFor[MittoWebhook]())
	registry.RegisterTypeAlias(reflect.TypeFor[mitto.Status](), reflect.TypeFor[MittoStatus]())
	registry.RegisterTypeAlias(reflect.TypeFor[jobDocument](), reflect.TypeFor[RegisteredJob]())
	registry.RegisterTypeAlias(reflect.TypeFor[writtenDocument](), reflect.TypeFor[WrittenJob]())
}

// MittoStatus describes [mitto.Status], a job's last run, for OpenAPI.
type MittoStatus struct {
	ID          int64        `json:"id" doc:"Derived from the job's id and the run's"`
	RunID       string       `json:"run_id" doc:"The run's id in Temporal"`
	PID         *int64       `json:"pid" doc:"Always null"`
	ReturnCode  *int         `json:"returncode" doc:"0 for a run that succeeded, the exit status of the command that failed, or else 1; null while it runs"`
	Updates     *int64       `json:"updates" doc:"Always null"`
	Count       *int64       `json:"count" doc:"Always null"`
	Error       *string      `json:"error"`
	StartedAt   maybeInstant `json:"started_at"`
	CompletedAt maybeInstant `json:"completed_at"`
	KVP         latch.Object `json:"kvp"`
}

// A maybeStatus is a job's last run, or null if it never ran.
type maybeStatus struct{ run *mitto.Status }

// MarshalJSON encodes the run or null.
func (m maybeStatus) MarshalJSON() ([]byte, error) { return json.Marshal(m.run) }

// Schema describes a run or null.
func (maybeStatus) Schema(registry huma.Registry) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{registry.Schema(reflect.TypeFor[MittoStatus](), true, ""), {Type: "null"}}}
}

// A maybeInstant describes a time that may be null.
type maybeInstant struct{}

// Schema describes a time or null.
func (maybeInstant) Schema(registry huma.Registry) *huma.Schema {
	schema := *registry.Schema(reflect.TypeFor[latch.Time](), true, "")
	schema.Nullable = true
	return &schema
}

// A MittoJob is a registered job. Any other key is kept unchanged.
type MittoJob struct {
	_               struct{}        `json:"-" additionalProperties:"true"`
	ID              any             `json:"id,omitempty" doc:"An integer if it is one, else a string"`
	Name            *string         `json:"name,omitempty" nullable:"true"`
	Title           *string         `json:"title,omitempty" nullable:"true"`
	Type            *string         `json:"type,omitempty" nullable:"true" doc:"cmd runs a command; other types run only with a task in conf, or with jobs"`
	Markdown        any             `json:"markdown,omitempty"`
	Schedule        any             `json:"schedule,omitempty" doc:"{\"type\", \"daily\": {\"minute\", \"hour\", \"ampm\"}, \"hourly\": {\"minute\"}, \"endof\", \"custom\", \"value\"}: the key named by type says when the job runs, and value, a cron expression, is computed from it; endof is a job to run after; null is a job that runs only on START"`
	Timeout         any             `json:"timeout,omitempty" doc:"Seconds, or a Go duration"`
	Notify          any             `json:"notify,omitempty"`
	Delay           any             `json:"delay,omitempty" doc:"Seconds, or a Go duration"`
	ContinueOnError *bool           `json:"continue_on_error,omitempty" nullable:"true"`
	Concurrency     any             `json:"concurrency,omitempty"`
	Tags            []string        `json:"tags,omitempty"`
	Conf            any             `json:"conf,omitempty" doc:"An object or HJSON; returned as HJSON. It may hold a task under Latch's names"`
	Jobs            []any           `json:"jobs,omitempty" doc:"The ids of the jobs of a sequence, in order"`
	Webhooks        []webhookObject `json:"webhooks,omitempty"`
	Status          maybeStatus     `json:"status" required:"false" readOnly:"true"`
	NextTimes       []latch.Time    `json:"next_times,omitempty" readOnly:"true" doc:"The next scheduled times, at most three; in the answer to a call that wrote the job, and with Prefer: next-times"`
	Paused          bool            `json:"paused,omitempty" readOnly:"true" doc:"The schedule is paused; only with Prefer: next-times"`
	CannotRun       bool            `json:"cannot_run,omitempty" readOnly:"true" doc:"Latch cannot run the job; only with Prefer: next-times"`
	Warnings        []api.Warning   `json:"warnings,omitempty" readOnly:"true" doc:"Parts of the input that are probably mistakes"`
	CreatedAt       *latch.Time     `json:"created_at,omitempty" readOnly:"true"`
	UpdatedAt       *latch.Time     `json:"updated_at,omitempty" readOnly:"true"`
}

// A MittoListedJob is a registered job as lists show it.
type MittoListedJob struct {
	_         struct{}    `json:"-" additionalProperties:"true"`
	ID        any         `json:"id" doc:"An integer if it is one, else a string"`
	Name      *string     `json:"name"`
	Title     *string     `json:"title"`
	Type      *string     `json:"type"`
	Tags      []string    `json:"tags"`
	Schedule  any         `json:"schedule"`
	Status    maybeStatus `json:"status"`
	NextTime  *latch.Time `json:"next_time" doc:"The next scheduled time; null if there is none"`
	Paused    bool        `json:"paused" doc:"The schedule is paused"`
	CannotRun bool        `json:"cannot_run" doc:"Latch cannot run the job"`
	CreatedAt latch.Time  `json:"created_at"`
	UpdatedAt latch.Time  `json:"updated_at"`
}

// A MittoWebhook is a job's webhook. Latch's own webhook keys take effect; any
// other key is kept unchanged.
type MittoWebhook struct {
	_           struct{}      `json:"-" additionalProperties:"true"`
	ID          *int64        `json:"id,omitempty" readOnly:"true"`
	JobID       any           `json:"job_id,omitempty" readOnly:"true"`
	URL         *string       `json:"url,omitempty" nullable:"true"`
	Method      *string       `json:"method,omitempty" nullable:"true" enum:"POST,GET,PUT,PATCH,DELETE"`
	EventType   *string       `json:"event_type,omitempty" nullable:"true" enum:"JOB_START,JOB_COMPLETE,JOB_SUCCESS,JOB_FAILURE,JOB_SKIPPED,JOB_MISSED"`
	ContentType *string       `json:"content_type,omitempty" nullable:"true"`
	Body        any           `json:"body,omitempty" doc:"A string with ${…} templates"`
	Enabled     *bool         `json:"enabled,omitempty" nullable:"true"`
	CreatedAt   *latch.Time   `json:"created_at,omitempty" readOnly:"true"`
	UpdatedAt   *latch.Time   `json:"updated_at,omitempty" readOnly:"true"`
	Warnings    []api.Warning `json:"warnings,omitempty" readOnly:"true" doc:"Parts of the input that are probably mistakes"`
}

// A MittoAction says what to do with a job.
type MittoAction struct {
	_      struct{} `json:"-" additionalProperties:"true"`
	Action string   `json:"action" enum:"START,STOP"`
}

// A MittoTag is a tag of jobs.
type MittoTag struct {
	_         struct{}    `json:"-" additionalProperties:"true"`
	ID        *int64      `json:"id,omitempty" readOnly:"true"`
	Name      string      `json:"name"`
	CreatedAt *latch.Time `json:"created_at,omitempty" readOnly:"true"`
	UpdatedAt *latch.Time `json:"updated_at,omitempty" readOnly:"true"`
}
