package apiclient

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"

	"github.com/latch-run/latch"
)

// latchJobs is the path of Latch's own routes for jobs.
const latchJobs = "/latch/v1/jobs/"

// A JobFilter says which jobs to list.
type JobFilter struct {
	Search, Tag, Status string
	// Paused selects only paused jobs.
	Paused bool
}

// A JobPart is a page of a list of jobs.
type JobPart struct {
	Jobs       []Job
	Pagination struct {
		// Count is the total number of jobs.
		Count     int  `json:"count"`
		MorePages bool `json:"more_pages"`
		Offset    int  `json:"offset"`
	}
}

// SearchJobs returns a page of the jobs that match the filter.
func (c *Client) SearchJobs(ctx context.Context, filter JobFilter, offset, limit int) (*JobPart, error) {
	query := listQuery(limit, map[string]string{"search": filter.Search, "tag": filter.Tag, "status": filter.Status})
	query.Set("offset", strconv.Itoa(offset))
	if filter.Paused {
		query.Set("paused", "true")
	}
	part := new(JobPart)
	return part, c.call(ctx, http.MethodGet, jobs+"/search", query, nil, part)
}

// A JobRun is one run in the list of a job's runs.
type JobRun struct {
	WorkflowID  string     `json:"workflow_id"`
	RunID       string     `json:"run_id"`
	Status      string     `json:"status"`
	Error       string     `json:"error"`
	ReturnCode  *int       `json:"returncode"`
	StartedAt   latch.Time `json:"started_at"`
	CompletedAt latch.Time `json:"completed_at"`
	DurationMS  int64      `json:"duration_ms"`
}

// A JobRunPart is a page of a job's runs.
type JobRunPart struct {
	Runs []JobRun `json:"runs"`
	// Count is the total number of runs.
	Count      int    `json:"count"`
	NextCursor string `json:"next_cursor"`
}

// JobRuns returns a page of a job's runs: first the open one, then the others, the latest
// first.
func (c *Client) JobRuns(ctx context.Context, id, cursor string, limit int) (*JobRunPart, error) {
	part := new(JobRunPart)
	return part, c.call(ctx, http.MethodGet, latchJobs+url.PathEscape(id)+"/runs", listQuery(limit, map[string]string{"cursor": cursor}), nil, part)
}

// PauseJob pauses a job's schedule, and ResumeJob resumes it.
func (c *Client) PauseJob(ctx context.Context, id string) error {
	return c.call(ctx, http.MethodPost, latchJobs+url.PathEscape(id)+"/pause", nil, nil, new(json.RawMessage))
}

// ResumeJob resumes a job's schedule.
func (c *Client) ResumeJob(ctx context.Context, id string) error {
	return c.call(ctx, http.MethodPost, latchJobs+url.PathEscape(id)+"/resume", nil, nil, new(json.RawMessage))
}

// ChangeJob changes the given parts of a job that has the ETag, or of any version if that is
// "".
func (c *Client) ChangeJob(ctx context.Context, id, etag string, change any) error {
	_, err := c.tagged(ctx, http.MethodPatch, jobPath(id), etag, change, new(json.RawMessage))
	return err
}

// DeleteJob deletes a job that has the ETag, or any version if that is "".
func (c *Client) DeleteJob(ctx context.Context, id, etag string) error {
	_, err := c.tagged(ctx, http.MethodDelete, jobPath(id), etag, nil, nil)
	return err
}
