package mittoapi

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/mitto"
	"github.com/latch-run/latch/internal/registry"
	"github.com/latch-run/latch/internal/typo"
)

type pageInput struct {
	Limit  int `query:"limit" minimum:"0" doc:"How many jobs to list; default: all"`
	Offset int `query:"offset" minimum:"0"`
}

type rowsOutput struct{ Body []rowObject }

func (a *routes) listJobs(ctx context.Context, input *pageInput) (*rowsOutput, error) {
	rows, err := a.rows(ctx)
	if err != nil {
		return nil, err
	}
	page, _ := part(rows, input.Limit, input.Offset)
	listed, err := a.listed(ctx, page)
	return &rowsOutput{listed}, err
}

// part returns at most limit elements from offset on, and whether more follow.
// A limit of 0 means no limit.
func part[T any](all []T, limit, offset int) ([]T, bool) {
	rest := all[min(offset, len(all)):]
	if limit == 0 || limit >= len(rest) {
		return rest, false
	}
	return rest[:limit], true
}

// maximumWhole bounds the number of jobs that a list shows in full, with last
// runs.
const maximumWhole = 200

// listed shows the jobs in full, or briefly if there are so many that reading
// their definitions and last runs would take too long.
func (a *routes) listed(ctx context.Context, rows []registry.Row) ([]rowObject, error) {
	if len(rows) > maximumWhole {
		return a.briefly(ctx, rows)
	}
	entries, err := a.registry.Whole(ctx, rows)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]registry.Row, len(rows))
	for _, row := range rows {
		byID[row.ID] = row
	}
	listed := make([]rowObject, len(entries))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(bulkWorkers)
	for i, entry := range entries {
		group.Go(func() error {
			status, err := a.lastStatus(ctx, entry.ID)
			listed[i] = rowObject(mitto.Of(&entry.Definition).Object(status))
			addPlan(listed[i], byID[entry.ID])
			return err
		})
	}
	return listed, group.Wait()
}

// briefly shows the jobs without conf, with only what Temporal's list has about
// their last runs.
func (a *routes) briefly(ctx context.Context, rows []registry.Row) ([]rowObject, error) {
	runs, err := a.registry.Runs(ctx)
	if err != nil {
		return nil, err
	}
	listed := make([]rowObject, len(rows))
	for i, row := range rows {
		var status *mitto.Status
		if run, ran := runs[row.ID]; ran {
			if run.Status != latch.JobSucceeded {
				run.Error = run.Status // not shown for a job that is still running
			}
			status = statusOfRun(row.ID, &run)
		}
		listed[i] = showRow(row, status)
	}
	return listed, nil
}

func showRow(row registry.Row, status *mitto.Status) rowObject {
	job := mitto.Job{ID: row.ID, CreatedAt: row.CreatedAt, UpdatedAt: row.UpdatedAt,
		Latch: &latch.Job{Name: row.Name, Title: row.Title, Tags: row.Tags, Schedule: row.Schedule}}
	object := job.Object(status)
	if row.Type != "" {
		object["type"] = json.RawMessage(quoted(row.Type))
	}
	shown := rowObject{}
	for _, key := range []string{"id", "name", "title", "type", "tags", "schedule", "status", "created_at", "updated_at"} {
		shown[key] = object[key]
	}
	addPlan(shown, row)
	return shown
}

type searchInput struct {
	Search string `query:"search" doc:"Part of the job's name or title; case does not matter"`
	Tag    string `query:"tag"`
	Type   string `query:"type"`
	Status string `query:"status" doc:"The last run's status: running, succeeded (or success), failed (any that did not succeed), cancelled; never for a job without a run"`
	Paused bool   `query:"paused" doc:"Only paused jobs"`
	Start  string `query:"start" doc:"The last run started at this time or later: RFC 3339, or a date"`
	End    string `query:"end" doc:"The last run started at this time or earlier: RFC 3339, or a date, meaning its end"`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"50"`
	Offset int    `query:"offset" minimum:"0"`
}

// A MittoPage is one page of a search result.
type MittoPage struct {
	Jobs       []rowObject     `json:"jobs"`
	Pagination MittoPagination `json:"pagination"`
}

// MittoPagination is the position of a page in the whole result.
type MittoPagination struct {
	Count     int  `json:"count" doc:"How many jobs were found in total"`
	Limit     int  `json:"limit"`
	MorePages bool `json:"more_pages"`
	Offset    int  `json:"offset" doc:"The offset of this page"`
}

type searchOutput struct{ Body MittoPage }

func (a *routes) searchJobs(ctx context.Context, input *searchInput) (*searchOutput, error) {
	wanted, err := input.filter()
	if err != nil {
		return nil, err
	}
	rows, err := a.rows(ctx)
	if err != nil {
		return nil, err
	}
	var runs map[string]registry.Run
	if wanted.looksAtRuns() {
		if runs, err = a.registry.Runs(ctx); err != nil {
			return nil, err
		}
	}
	found := slices.DeleteFunc(slices.Clone(rows), func(row registry.Row) bool {
		run, ran := runs[row.ID]
		return !wanted.takes(row, run, ran)
	})
	page, more := part(found, input.Limit, input.Offset)
	listed, err := a.listed(ctx, page)
	return &searchOutput{MittoPage{Jobs: listed, Pagination: MittoPagination{Count: len(found), Limit: input.Limit, MorePages: more, Offset: input.Offset}}}, err
}

// A jobFilter holds the conditions of a search.
type jobFilter struct {
	text, tag, kind string
	paused          bool
	statuses        []string
	start, end      time.Time
}

// neverRan is the status, in a search, of a job that never ran.
const neverRan = "never"

// searchStatuses maps the statuses of a search to those of a last run.
var searchStatuses = map[string][]string{
	"running":   {latch.JobRunning},
	"succeeded": {latch.JobSucceeded}, "success": {latch.JobSucceeded},
	"failed": {latch.JobFailed, latch.JobCancelled, latch.JobTimedOut}, "failure": {latch.JobFailed, latch.JobCancelled, latch.JobTimedOut},
	"error":     {latch.JobFailed, latch.JobCancelled, latch.JobTimedOut},
	"cancelled": {latch.JobCancelled}, "timed_out": {latch.JobFailed, latch.JobTimedOut}, // lists show both as failed
	neverRan: {neverRan}, "null": {neverRan},
}

func (i *searchInput) filter() (*jobFilter, error) {
	filter := &jobFilter{text: strings.ToLower(i.Search), tag: i.Tag, kind: i.Type, paused: i.Paused}
	var problems latch.Problems
	if i.Status != "" {
		if filter.statuses = searchStatuses[strings.ToLower(i.Status)]; filter.statuses == nil {
			known := []string{latch.JobRunning, latch.JobSucceeded, latch.JobFailed, latch.JobCancelled, latch.JobTimedOut, neverRan}
			problems.Addf("status", "%q is not a status; use running, succeeded, failed, cancelled, timed_out or never%s", i.Status, typo.Hint(i.Status, known))
		}
	}
	for name, each := range map[string]struct {
		text string
		into *time.Time
		rest time.Duration
	}{"start": {i.Start, &filter.start, 0}, "end": {i.End, &filter.end, 24*time.Hour - 1}} {
		if each.text == "" {
			continue
		}
		at, err := parseInstant(each.text, each.rest)
		if err != nil {
			problems.Addf(name, "%q is neither a time, such as 2026-01-02T15:04:05Z, nor a date", each.text)
		}
		*each.into = at
	}
	if len(problems) == 0 {
		return filter, nil
	}
	p := api.Invalid(problems)
	for _, detail := range p.Errors {
		detail.Location = "query" + strings.TrimPrefix(detail.Location, "body")
	}
	return nil, p
}

// parseInstant parses a time, in UTC if it names no zone, or a date, to which
// it adds rest.
func parseInstant(text string, rest time.Duration) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	at, err := time.Parse(time.DateOnly, text)
	return at.Add(rest), err
}

func (f *jobFilter) looksAtRuns() bool {
	return f.statuses != nil || !f.start.IsZero() || !f.end.IsZero()
}

func (f *jobFilter) takes(row registry.Row, run registry.Run, ran bool) bool {
	status := neverRan
	if ran {
		status = run.Status
	}
	return (strings.Contains(strings.ToLower(row.Name), f.text) || strings.Contains(strings.ToLower(row.Title), f.text)) &&
		(f.tag == "" || slices.Contains(row.Tags, f.tag)) &&
		(f.kind == "" || row.Type == f.kind) &&
		(!f.paused || row.Paused) &&
		(f.statuses == nil || slices.Contains(f.statuses, status)) &&
		(f.start.IsZero() || ran && !run.StartedAt.Before(f.start)) &&
		(f.end.IsZero() || ran && !run.StartedAt.After(f.end))
}
