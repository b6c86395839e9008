package closes

import (
	"context"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"
)

const (
	// MaximumFound bounds the runs that one step returns.
	MaximumFound = 100
	// pageSize is how many runs a page lists. A pass that lists far back already knows most of
	// them.
	pageSize = 500
)

// A List returns a page of the runs that match a query, the one that closed last first, and the
// position of the next page, or nil after the last page. A position is valid for pages of
// another size.
type List func(ctx context.Context, query string, size int, page []byte) (runs []*workflowpb.WorkflowExecutionInfo, next []byte, err error)

// A Finder finds the runs that have closed.
type Finder struct {
	List List
	// Query finds the runs to report. The finder adds the time.
	Query string
	// Among returns the term of a query that is true of the runs with these ids. Only hints need
	// it.
	Among func(runIDs ...string) string
	// Takes reports whether a run counts.
	Takes func(*workflowpb.WorkflowExecutionInfo) bool
}

// Step lists one page and returns the runs on it that were not reported, at most
// [MaximumFound], with the next cursor. It reports whether it reached the end of the list. The
// caller reports the runs, adds them to the memory, and continues with the cursor. Repeating a
// step finds the same runs again.
//
// No run is lost, because a pass begins where the previous one began, minus the time by which a
// run may be listed late. No run is found twice, because the memory has the runs that a pass
// may list again, and a pass never lists one of its own pages again.
func (f *Finder) Step(ctx context.Context, at Cursor, memory *Memory, now time.Time) (found []*workflowpb.WorkflowExecutionInfo, next Cursor, ended bool, err error) {
	next = at
	if next.Pass == nil || next.Pass.Of != hashOf(f.Query) {
		next.begin(f.Query, memory.Forgotten, now)
	}
	pass := *next.Pass
	next.Pass = &pass
	known := memory.told(next.Newest)
	for _, size := range []int{pageSize, MaximumFound} {
		runs, following, err := f.List(ctx, bounded(f.Query, pass.From), size, pass.Page)
		if err != nil {
			return nil, at, false, err
		}
		found = f.unknown(runs, known)
		if len(found) > MaximumFound && size > MaximumFound {
			continue // the same place, in smaller pages
		}
		for _, run := range runs {
			pass.Newest = later(pass.Newest, closedAt(run))
		}
		if pass.Page = following; len(following) == 0 {
			next.end(now)
			ended = true
		}
		return found, next, ended, nil
	}
	return found, next, ended, nil
}

// unknown returns the runs that were not reported, each once.
func (f *Finder) unknown(runs []*workflowpb.WorkflowExecutionInfo, known told) []*workflowpb.WorkflowExecutionInfo {
	var found []*workflowpb.WorkflowExecutionInfo
	seen := map[string]bool{}
	for _, run := range runs {
		id := run.GetExecution().GetRunId()
		if run.GetCloseTime() == nil || seen[id] || !f.Takes(run) || known.has(id, closedAt(run)) {
			continue
		}
		seen[id] = true
		found = append(found, run)
	}
	return found
}

// bounded adds the time after which runs closed to a query.
func bounded(query string, from time.Time) string {
	return query + " AND CloseTime >= '" + from.UTC().Format(time.RFC3339Nano) + "'"
}
