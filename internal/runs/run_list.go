package runs

import (
	"context"
	"errors"
	"slices"
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
	// searchedAtOnce is the least number of runs that are read at once if those of the first page do
	// not all match the filter. A part may end within such a page; see [cursor.After].
	searchedAtOnce = 100
)

// A listing says how the runs of a kind are listed.
type listing struct {
	kind latch.Kind
	// statuses are those that the list can be filtered by, in the order in which
	// texts name them.
	statuses []listedStatus
	// status returns the status of a run as far as it follows from Temporal's
	// status and, once the run has failed, from the type of its error.
	status func(how enumspb.WorkflowExecutionStatus, errorType string) string
	// results are the types of the errors whose details are a result.
	results []string
	// searched returns the texts of a run that a search looks into.
	searched func(*listedRun) []string
}

// A listedRun is a run in a list, with all that any kind's rows have.
type listedRun struct {
	RunRow
	status, title, step string
	locks               []latch.OpenLock
	taskQueue           string
}

// list returns at most limit runs that match the filter, from the cursor on, and
// the cursor of the next page; see [Runs.Releases].
func (r *Runs) list(ctx context.Context, l *listing, filter RunFilter, from string, limit int) (found []listedRun, next string, err error) {
	at, err := l.begin(&filter, from)
	if err != nil {
		return nil, "", err
	}
	began := time.Now()
	g := &gathering{runs: r, listing: l, silent: map[string]bool{}, until: began.Add(patience)}
	size := limit
	if at.After != "" {
		size = max(limit, searchedAtOnce)
	}
	for asked := 0; ; size = max(limit-len(found), searchedAtOnce) {
		page, err := r.Page(ctx, l.query(&filter, !at.Bare), size, at.Page)
		if at.lacksAttributes(err) {
			at.Bare = true
			page, err = r.Page(ctx, l.query(&filter, false), size, nil)
		}
		if err != nil {
			return nil, "", err
		}
		listed := at.rest(page.GetExecutions())
		taken, read, err := g.matching(ctx, listed, &filter, limit-len(found))
		if err != nil {
			return nil, "", err
		}
		found, asked = append(found, taken...), asked+read
		if read < len(listed) {
			at.After = listed[read-1].GetExecution().GetRunId()
			return found, at.encode(), nil
		}
		at.Page, at.After = page.GetNextPageToken(), ""
		switch {
		case len(at.Page) == 0:
			return found, "", nil
		case len(found) >= limit || asked >= maximumAsked || time.Since(began) > partTimeout:
			return found, at.encode(), nil
		}
	}
}

// rest returns the runs of the cursor's page that have not been listed. If the run after which the
// page goes on is no longer on it, it is the whole page.
func (c *cursor) rest(page []*workflowpb.WorkflowExecutionInfo) []*workflowpb.WorkflowExecutionInfo {
	at := slices.IndexFunc(page, func(run *workflowpb.WorkflowExecutionInfo) bool {
		return c.After != "" && run.GetExecution().GetRunId() == c.After
	})
	return page[at+1:]
}

// begin decodes the cursor, whose times replace those of the filter, and checks
// the filter.
func (l *listing) begin(filter *RunFilter, from string) (cursor, error) {
	at := cursor{Since: filter.Since, Until: filter.Until}
	if err := at.decode(from, 1); err != nil {
		return at, err
	}
	filter.Since, filter.Until = at.Since, at.Until
	return at, l.check(filter)
}

// takes reports whether a run has the filter's status and matches its search.
func (l *listing) takes(filter *RunFilter, run *listedRun) bool {
	wanted := strings.ToLower(strings.TrimSpace(filter.Search))
	return (filter.Status == "" || filter.Status == run.status) && slices.ContainsFunc(l.searched(run), func(text string) bool {
		return strings.Contains(strings.ToLower(text), wanted)
	})
}

// A gathering completes the rows of one page.
type gathering struct {
	runs    *Runs
	listing *listing
	// until is the time after which it asks no more workers.
	until time.Time
	mutex sync.Mutex
	// silent holds task queues on which no worker answered. They are asked only
	// once.
	silent map[string]bool
}

// matching returns the rows of the runs that match the filter, at most limit, and how many runs it
// has read for that. It asks only as many runs at a time as may be needed.
func (g *gathering) matching(ctx context.Context, listed []*workflowpb.WorkflowExecutionInfo, filter *RunFilter,
	limit int) (taken []listedRun, read int, err error) {
	for read < len(listed) {
		rows, err := g.rows(ctx, listed[read:min(len(listed), read+max(limit-len(taken), askers))])
		if err != nil {
			return nil, 0, err
		}
		for i := range rows {
			read++
			if !g.listing.takes(filter, &rows[i]) {
				continue
			}
			if taken = append(taken, rows[i]); len(taken) == limit {
				return taken, read, nil
			}
		}
	}
	return taken, read, nil
}

// rows returns a row for each run, in order.
func (g *gathering) rows(ctx context.Context, listed []*workflowpb.WorkflowExecutionInfo) ([]listedRun, error) {
	rows := make([]listedRun, len(listed))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(askers)
	for i, run := range listed {
		rows[i] = g.rowOf(run)
		group.Go(func() error {
			if rows[i].ClosedAt.IsZero() {
				return g.addProgress(ctx, &rows[i])
			}
			return g.addResult(ctx, &rows[i])
		})
	}
	return rows, group.Wait()
}

// rowOf returns the row of a run, as far as Temporal's list has its data.
func (g *gathering) rowOf(run *workflowpb.WorkflowExecutionInfo) listedRun {
	row := listedRun{status: g.listing.status(run.GetStatus(), ""), taskQueue: run.GetTaskQueue()}
	row.WorkflowID, row.RunID = run.GetExecution().GetWorkflowId(), run.GetExecution().GetRunId()
	row.StartedAt = latch.NewTime(run.GetStartTime().AsTime())
	row.ID = strings.TrimPrefix(row.WorkflowID, g.listing.kind.WorkflowID(""))
	if payload := run.GetSearchAttributes().GetIndexedFields()[latch.SearchAttributeID]; payload != nil {
		_ = converter.GetDefaultDataConverter().FromPayload(payload, &row.ID) // an id that is not a string is ignored
	}
	if HasClosed(run) {
		row.ClosedAt = latch.NewTime(run.GetCloseTime().AsTime())
		return row
	}
	var shown latch.Status // a worker has all of it too
	shown.Locks, _ = g.runs.locksOf(run)
	_ = g.runs.memoOf(run, latch.MemoPaused, &shown.Paused)
	row.locks, row.WaitsFor = shown.Locks, WaitsOf(&shown)
	if len(row.locks) > 0 {
		row.title = row.locks[0].Title
	}
	return row
}

// addProgress asks an open run where it is.
func (g *gathering) addProgress(ctx context.Context, row *listedRun) error {
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
	row.Phase, row.Event, row.step, row.locks = status.Phase, status.Event, status.Step, status.Locks
	row.WaitsFor = WaitsOf(&status)
	row.take(status.ID, status.Title)
	return nil
}

func (r *listedRun) take(id, title string) {
	if id != "" {
		r.ID = id
	}
	if title != "" {
		r.title = title
	}
}

// ask queries a run; a worker must be running to answer.
func (r *Runs) ask(ctx context.Context, row *listedRun, name string) (converter.EncodedValue, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	return overload.Again(ctx, func(ctx context.Context) (converter.EncodedValue, error) {
		return r.temporal.QueryWorkflow(ctx, row.WorkflowID, row.RunID, name)
	})
}

// A summary is the part of a run's result that a row shows.
type summary struct {
	ID        string           `json:"id"`
	Title     string           `json:"title"`
	Event     string           `json:"event"`
	Status    string           `json:"status"`
	Reason    string           `json:"reason"`
	DecidedBy *latch.DecidedBy `json:"decided_by"`
}

// addResult adds the result of a closed run.
func (g *gathering) addResult(ctx context.Context, row *listedRun) error {
	end, err := g.runs.closingWith(ctx, g.listing.results, &commonpb.WorkflowExecution{WorkflowId: row.WorkflowID, RunId: row.RunID})
	if err != nil {
		row.Partial = true
		return g.tolerate(ctx, row, err)
	}
	row.status = g.listing.status(end.How, end.ErrorType)
	came := summary{Status: row.status, Reason: end.Reason}
	if end.Result != nil {
		if err := g.runs.readResult(row.WorkflowID, end.Result, &came); err != nil {
			row.Partial = true
			return nil
		}
	}
	row.status, row.Event, row.Reason, row.DecidedBy = came.Status, came.Event, came.Reason, came.DecidedBy
	row.take(came.ID, came.Title)
	return nil
}

// tolerate ignores a run that does not answer, so that runs of a worker that is
// gone do not hide the others. It returns an error of Temporal itself, which
// ends the page.
func (g *gathering) tolerate(ctx context.Context, row *listedRun, err error) error {
	var denied *serviceerror.PermissionDenied
	var namespace *serviceerror.NamespaceNotFound
	var broken *serviceerror.QueryFailed
	var missing *serviceerror.NotFound
	var notBegun *serviceerror.WorkflowNotReady
	switch {
	case ctx.Err() != nil || errors.As(err, &denied) || errors.As(err, &namespace):
		return err
	case errors.As(err, &broken), errors.As(err, &missing), errors.As(err, &notBegun), IsPaused(err):
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
