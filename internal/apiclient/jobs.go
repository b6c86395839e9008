package apiclient

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/latch-run/latch"
)

const jobs = "/v2/jobs"

// A Job is a registered job, with the fields that callers need.
type Job struct {
	ID       ID        `json:"id"`
	Name     string    `json:"name"`
	Title    string    `json:"title"`
	Type     string    `json:"type"`
	Tags     Names     `json:"tags"`
	Schedule *Schedule `json:"schedule"`
	// Status is the last run, or nil if the job never ran.
	Status *Run `json:"status"`
	// NextTime is its next scheduled time, in lists. NextTimes are the next times of a single
	// job. Paused and CannotRun are nil if the API is older than these fields.
	NextTime  latch.Time   `json:"next_time"`
	NextTimes []latch.Time `json:"next_times"`
	Paused    *bool        `json:"paused"`
	CannotRun *bool        `json:"cannot_run"`
	CreatedAt latch.Time   `json:"created_at"`
	UpdatedAt latch.Time   `json:"updated_at"`
	// ETag is the version of a job that was read by itself, for a change of it.
	ETag string `json:"-"`
}

// An ID is a job's id: text, or a number, which stands for its digits.
type ID string

// UnmarshalJSON decodes either form.
func (id *ID) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] != '"' {
		*id = ID(data)
		return nil
	}
	return json.Unmarshal(data, (*string)(id))
}

// Names are tags: texts, or objects that have a name.
type Names []string

// UnmarshalJSON decodes both forms, and ignores anything else.
func (n *Names) UnmarshalJSON(data []byte) error {
	var elements []json.RawMessage
	_ = json.Unmarshal(data, &elements)
	for _, element := range elements {
		var name string
		var object struct{ Name string }
		if json.Unmarshal(element, &name) != nil && json.Unmarshal(element, &object) == nil {
			name = object.Name
		}
		if name != "" {
			*n = append(*n, name)
		}
	}
	return nil
}

// A Schedule says when a job runs automatically: at the times of Value, a cron expression, or
// after a run of the job EndOf that ended On success or failure. A schedule in Latch's own JSON
// has Latch's own keys.
type Schedule struct {
	Value    string `json:"value"`
	EndOf    *ID    `json:"endof"`
	On       string `json:"on"`
	Timezone string `json:"timezone"`

	own *latch.Schedule
}

// UnmarshalJSON decodes the object, or a cron expression. The times of a schedule in another
// form are unknown.
func (s *Schedule) UnmarshalJSON(data []byte) error {
	type plain Schedule
	var own latch.Schedule
	if json.Unmarshal(data, &own) == nil && (own.Cron != "" || own.After != "") {
		s.own = &own
		return nil
	}
	if json.Unmarshal(data, (*plain)(s)) != nil {
		*s = Schedule{}
	}
	return nil
}

// Latch converts the schedule to Latch's own type. It may return nil.
func (s *Schedule) Latch() *latch.Schedule {
	switch {
	case s == nil:
		return nil
	case s.own != nil:
		return s.own
	case s.EndOf != nil && *s.EndOf != "" && *s.EndOf != "null":
		after := &latch.Schedule{After: string(*s.EndOf)}
		if s.On == latch.OnSuccess || s.On == latch.OnFailure {
			after.On = s.On
		}
		return after
	case s.Value != "":
		return &latch.Schedule{Cron: s.Value, Timezone: s.Timezone}
	default:
		return nil
	}
}

// A Run is a run of a job.
type Run struct {
	// ID is the run's id in Temporal.
	ID string `json:"run_id"`
	// ReturnCode is 0 for a run that succeeded, and nil while it runs.
	ReturnCode  *int         `json:"returncode"`
	Error       string       `json:"error"`
	StartedAt   latch.Time   `json:"started_at"`
	CompletedAt latch.Time   `json:"completed_at"`
	KVP         latch.Object `json:"kvp"`
}

// Status converts the run's status to Latch's own.
func (r *Run) Status() string {
	switch {
	case r.ReturnCode == nil:
		return latch.JobRunning
	case *r.ReturnCode == 0:
		return latch.JobSucceeded
	default:
		return latch.JobFailed
	}
}

// pageSize is how many jobs one call lists, which is the API's maximum.
const pageSize = 1000

// Jobs lists the registered jobs. If tag is not empty, it lists only those with the tag.
func (c *Client) Jobs(ctx context.Context, tag string) ([]Job, error) {
	var all []Job
	for {
		query := url.Values{"limit": {strconv.Itoa(pageSize)}, "offset": {strconv.Itoa(len(all))}}
		if tag != "" {
			query.Set("tag", tag)
		}
		var page struct {
			Jobs       []Job
			Pagination struct {
				MorePages bool `json:"more_pages"`
			}
		}
		if err := c.call(ctx, http.MethodPost, jobs+"/search", query, nil, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Jobs...)
		if !page.Pagination.MorePages || len(page.Jobs) == 0 {
			return all, nil
		}
	}
}

// Job returns a registered job, and the API's complete answer.
func (c *Client) Job(ctx context.Context, id string) (*Job, json.RawMessage, error) {
	var whole json.RawMessage
	etag, err := c.tagged(ctx, http.MethodGet, jobPath(id), "", nil, &whole)
	if err != nil {
		return nil, nil, err
	}
	job := &Job{ETag: etag}
	return job, whole, json.Unmarshal(whole, job)
}

// LastRun returns a job's last run, or nil if it never ran.
func (c *Client) LastRun(ctx context.Context, id string) (*Run, error) {
	var answer struct{ Status *Run }
	err := c.call(ctx, http.MethodGet, jobPath(id)+"/status", nil, nil, &answer)
	return answer.Status, err
}

// Start starts a run of a job.
func (c *Client) Start(ctx context.Context, id string) (*Run, error) {
	run := new(Run)
	return run, c.act(ctx, id, "START", run)
}

// Stop cancels the run of a job, and returns the run.
func (c *Client) Stop(ctx context.Context, id string) (json.RawMessage, error) {
	var run json.RawMessage
	err := c.act(ctx, id, "STOP", &run)
	return run, err
}

func (c *Client) act(ctx context.Context, id, action string, answer any) error {
	return c.call(ctx, http.MethodPost, jobPath(id)+"/:actions", nil, map[string]string{"action": action}, answer)
}

func jobPath(id string) string {
	return jobs + "/" + strings.ReplaceAll(url.PathEscape(id), ":", "%3A")
}
