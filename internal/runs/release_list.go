package runs

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/converter"
	"golang.org/x/sync/errgroup"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/overload"
)

const (
	// askers bounds the runs that are asked concurrently, and askTimeout the
	// time one may take to answer.
	askers     = 8
	askTimeout = 5 * time.Second
	// patience bounds how long one call asks running runs. Those that have not
	// answered by then are shown as Temporal's list has them.
	patience = 8 * time.Second
	// maximumAsked is about how many runs one call asks.
	maximumAsked = 500
)

// A ReleasePart is one page of the list of releases.
type ReleasePart struct {
	Releases   []ReleaseRow `json:"releases" doc:"Those that run first, the newest of them first, then those that closed, the last closed first"`
	NextCursor string       `json:"next_cursor,omitempty" doc:"The parameter cursor of the next part, with the same other parameters; absent on the last"`
	Count      *int64       `json:"count,omitempty" doc:"With count=true, how many releases there are on all pages; absent where Temporal cannot tell: with search, and with a status that only the workers know of runs without search attributes"`
}

// Releases returns at most limit releases that match the filter, from the
// cursor on: running ones first, the newest first, then closed ones, the most
// recently closed first. Because a call asks a bounded number of runs, it may
// return fewer, or none, although there is a next page.
//
// A page costs one call for Temporal's list and one call for each release: a
// query if it is running, its last event if it has closed. If no worker
// answers, the row is partial. A release that closes between two pages may be
// on both. An invalid filter or cursor is an [*ArgumentError].
func (r *Runs) Releases(ctx context.Context, filter ReleaseFilter, from string, limit int) (*ReleasePart, error) {
	at := cursor{Since: filter.Since, Until: filter.Until}
	if err := at.decode(from, 1); err != nil {
		return nil, err
	}
	filter.Since, filter.Until = at.Since, at.Until
	if err := filter.Check(); err != nil {
		return nil, err
	}
	part, began := &ReleasePart{Releases: []ReleaseRow{}}, time.Now()
	g := &gathering{runs: r, silent: map[string]bool{}, until: began.Add(patience)}
	for asked := 0; ; {
		page, err := r.Page(ctx, filter.query(!at.Bare), limit-len(part.Releases), at.Page)
		if at.lacksAttributes(err) {
			at.Bare = true
			page, err = r.Page(ctx, filter.query(false), limit-len(part.Releases), nil)
		}
		if err != nil {
			return nil, err
		}
		rows, err := g.rows(ctx, page.GetExecutions())
		if err != nil {
			return nil, err
		}
		for i := range rows {
			if filter.takes(&rows[i]) {
				part.Releases = append(part.Releases, rows[i])
			}
		}
		asked, at.Page = asked+len(rows), page.GetNextPageToken()
		switch {
		case len(at.Page) == 0:
			return part, nil
		case len(part.Releases) >= limit || asked >= maximumAsked || time.Since(began) > partTimeout:
			part.NextCursor = at.encode()
			return part, nil
		}
	}
}

// A gathering completes the rows of one page.
type gathering struct {
	runs *Runs
	// until is the time after which it asks no more workers.
	until time.Time
	mutex sync.Mutex
	// silent holds task queues on which no worker answered. They are asked only
	// once.
	silent map[string]bool
}

// rows returns a row for each run, in order.
func (g *gathering) rows(ctx context.Context, listed []*workflowpb.WorkflowExecutionInfo) ([]ReleaseRow, error) {
	rows := make([]ReleaseRow, len(listed))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(askers)
	for i, run := range listed {
		rows[i] = g.runs.rowOf(run)
		group.Go(func() error {
			if rows[i].ClosedAt.IsZero() {
				return g.addProgress(ctx, &rows[i])
			}
			return g.addResult(ctx, &rows[i])
		})
	}
	return rows, group.Wait()
}

// rowOf returns the row of a release, as far as Temporal's list has its data.
func (r *Runs) rowOf(run *workflowpb.WorkflowExecutionInfo) ReleaseRow {
	row := ReleaseRow{WorkflowID: run.GetExecution().GetWorkflowId(), RunID: run.GetExecution().GetRunId(), Status: statusOf(run.GetStatus()),
		StartedAt: latch.NewTime(run.GetStartTime().AsTime()), taskQueue: run.GetTaskQueue()}
	row.ID = strings.TrimPrefix(row.WorkflowID, latch.PrefixRelease)
	if payload := run.GetSearchAttributes().GetIndexedFields()[latch.SearchAttributeID]; payload != nil {
		_ = converter.GetDefaultDataConverter().FromPayload(payload, &row.ID) // an id that is not a string is ignored
	}
	if run.GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		row.ClosedAt = latch.NewTime(run.GetCloseTime().AsTime())
		return row
	}
	locks, _ := r.locksOf(run) // a worker has them too
	if row.WaitsFor = waitsFor(locks); len(locks) > 0 {
		row.Title = locks[0].Title
	}
	return row
}

// addProgress asks a running release where it is.
func (g *gathering) addProgress(ctx context.Context, row *ReleaseRow) error {
	var status latch.Status
	row.Partial = true
	if g.isSilent(row.taskQueue) || time.Now().After(g.until) {
		return nil
	}
	answer, err := g.runs.ask(ctx, row, latch.QueryStatus)
	if err != nil {
		return g.tolerate(ctx, row, err)
	}
	if answer.Get(&status) != nil {
		return nil
	}
	row.Partial = false
	row.Phase, row.Event, row.Step, row.WaitsFor = status.Phase, status.Event, status.Step, waitsFor(status.Locks)
	row.take(status.ID, status.Title)
	return nil
}

func (r *ReleaseRow) take(id, title string) {
	if id != "" {
		r.ID = id
	}
	if title != "" {
		r.Title = title
	}
}

// ask queries a run; a worker must be running to answer.
func (r *Runs) ask(ctx context.Context, row *ReleaseRow, name string) (converter.EncodedValue, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	return overload.Again(ctx, func(ctx context.Context) (converter.EncodedValue, error) {
		return r.temporal.QueryWorkflow(ctx, row.WorkflowID, row.RunID, name)
	})
}

// A summary is the part of a release's result that a row shows.
type summary struct {
	ID        string           `json:"id"`
	Title     string           `json:"title"`
	Status    string           `json:"status"`
	Reason    string           `json:"reason"`
	DecidedBy *latch.DecidedBy `json:"decided_by"`
}

// addResult adds the result of a closed release.
func (g *gathering) addResult(ctx context.Context, row *ReleaseRow) error {
	end, err := g.runs.releaseClosing(ctx, &commonpb.WorkflowExecution{WorkflowId: row.WorkflowID, RunId: row.RunID})
	if err != nil {
		row.Partial = true
		return g.tolerate(ctx, row, err)
	}
	came := summary{Status: statusWithout(end), Reason: end.Reason}
	if end.Result != nil {
		if err := g.runs.readResult(row.WorkflowID, end.Result, &came); err != nil {
			row.Partial = true
			return nil
		}
	}
	row.Status, row.Reason, row.DecidedBy = came.Status, came.Reason, came.DecidedBy
	row.take(came.ID, came.Title)
	return nil
}

// tolerate ignores a run that does not answer, so that runs of a worker that is
// gone do not hide the others. It returns an error of Temporal itself, which
// ends the page.
func (g *gathering) tolerate(ctx context.Context, row *ReleaseRow, err error) error {
	var denied *serviceerror.PermissionDenied
	var namespace *serviceerror.NamespaceNotFound
	var broken *serviceerror.QueryFailed
	var missing *serviceerror.NotFound
	var notBegun *serviceerror.WorkflowNotReady
	switch {
	case ctx.Err() != nil || errors.As(err, &denied) || errors.As(err, &namespace):
		return err
	case errors.As(err, &broken), errors.As(err, &missing), errors.As(err, &notBegun):
		return nil // concerns only this run
	case !row.ClosedAt.IsZero():
		return err // from Temporal, not from a worker
	}
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.silent[row.taskQueue] = true
	return nil
}

func (g *gathering) isSilent(queue string) bool {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	return g.silent[queue]
}
