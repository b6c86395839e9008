package closes

import (
	"context"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"
)

const (
	// MaximumFound bounds the runs that one step returns.
	MaximumFound = 100
	// pageSize is how many runs a page lists, most of which are known already in a
	// pass that looks far back.
	pageSize = 500
)

// A List returns a page of the runs that a query finds, the one that closed last
// first, and where the next page begins; nil on the last. A place stays good for
// pages of another size.
type List func(ctx context.Context, query string, size int, page []byte) (runs []*workflowpb.WorkflowExecutionInfo, next []byte, err error)

// A Finder finds the runs that have closed.
type Finder struct {
	List List
	// Query finds the runs to tell of; the finder adds from when on.
	Query string
	// Takes reports whether a run counts.
	Takes func(*workflowpb.WorkflowExecutionInfo) bool
}

// Step lists one page and returns the runs of it that were not told of, at most
// [MaximumFound], with the cursor behind it. It reports whether the list was gone
// through to its end. The caller announces the runs, adds them to the memory, and
// goes on with the cursor: to do a step again is to find the same runs again.
//
// Nothing is lost, since a pass begins where the one before it was begun, less
// the time that a run may be listed late; nothing is found twice, since what a pass
// may list again is remembered, and a pass never lists a page of its own again.
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

// unknown returns the runs that were not told of, each once.
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

// bounded adds to a query from when on runs have closed.
func bounded(query string, from time.Time) string {
	return query + " AND CloseTime >= '" + from.UTC().Format(time.RFC3339Nano) + "'"
}
