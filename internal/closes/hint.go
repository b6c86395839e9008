package closes

import (
	"cmp"
	"context"
	"slices"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"
)

const (
	// MaximumHints bounds the hints that are kept. The runs that closed first give way.
	MaximumHints = 500
	// hintsFor is how long after its close a run is asked for by its id.
	hintsFor = 24 * time.Hour
	// hintsEvery is how often it is asked for.
	hintsEvery = 10 * time.Second
)

// A Hint says that a run has closed, by another source than the list. It proves nothing: a run
// counts once the list has it.
type Hint struct {
	RunID  string    `json:"run_id"`
	Closed time.Time `json:"closed"`
}

// Hints are runs that were not reported yet. They are asked for by their ids, so that a run is
// found however late it is listed.
type Hints struct {
	Runs []Hint `json:"runs,omitempty"`
	// AskAt is when to ask for them, by the clock of the worker.
	AskAt time.Time `json:"ask_at,omitzero"`
}

// Add adds hints and has them asked for at once. It reports whether it has added any. A run that
// was reported is left out, and so is one that may have been, since the memory no longer has
// those that closed with it.
func (h *Hints) Add(hints []Hint, memory *Memory, at *Cursor) (added bool) {
	for _, hint := range hints {
		forgotten := hint.Closed.Before(at.Remembers()) || hint.Closed.Before(memory.Forgotten)
		if forgotten || memory.knows(hint.RunID) || slices.ContainsFunc(h.Runs, func(other Hint) bool { return other.RunID == hint.RunID }) {
			continue
		}
		h.Runs = append(h.Runs, hint)
		added = true
	}
	if !added {
		return false
	}
	slices.SortStableFunc(h.Runs, func(a, b Hint) int { return a.Closed.Compare(b.Closed) })
	h.Runs = slices.Delete(h.Runs, 0, max(0, len(h.Runs)-MaximumHints))
	h.AskAt = time.Time{}
	return true
}

// Drop removes runs that were reported.
func (h *Hints) Drop(reported []Told) {
	h.Runs = slices.DeleteFunc(h.Runs, func(hint Hint) bool {
		return slices.ContainsFunc(reported, func(each Told) bool { return each.RunID == hint.RunID })
	})
}

// Due reports whether it is time to ask for the runs. A time that is too far off was set by a
// worker whose clock is wrong.
func (h *Hints) Due(now time.Time) bool {
	return len(h.Runs) > 0 && (!now.Before(h.AskAt) || h.AskAt.Sub(now) > hintsEvery)
}

// Hinted asks for the runs of hints, if that is due, and returns those to report, at most
// [MaximumFound], with the hints that are left: those of runs that are not listed yet.
func (f *Finder) Hinted(ctx context.Context, at Hints, now time.Time) (found []*workflowpb.WorkflowExecutionInfo, next Hints, err error) {
	if !at.Due(now) {
		return nil, at, nil
	}
	next.AskAt = now.Add(hintsEvery)
	for chunk := range slices.Chunk(at.Runs, MaximumFound) {
		if len(found) > 0 { // the caller asks again at once
			next.Runs, next.AskAt = append(next.Runs, chunk...), time.Time{}
			continue
		}
		listed, rest, err := f.Listed(ctx, chunk)
		if err != nil {
			return nil, at, err
		}
		if found, err = f.Matching(ctx, listed); err != nil {
			return nil, at, err
		}
		next.Runs = append(next.Runs, slices.DeleteFunc(rest, func(hint Hint) bool { return now.Sub(hint.Closed) > hintsFor })...)
	}
	return found, next, nil
}

// Listed returns the hints whose runs the list has as closed, with the times of the list, and
// the rest.
func (f *Finder) Listed(ctx context.Context, hints []Hint) (listed, rest []Hint, err error) {
	if len(hints) == 0 {
		return nil, nil, nil
	}
	runs, _, err := f.List(ctx, "ExecutionStatus != 'Running' AND "+f.Among(idsOf(hints)...), len(hints), nil)
	if err != nil {
		return nil, nil, err
	}
	closed := map[string]time.Time{}
	for _, run := range runs {
		if run.GetCloseTime() != nil {
			closed[run.GetExecution().GetRunId()] = closedAt(run)
		}
	}
	for _, hint := range hints {
		if at, is := closed[hint.RunID]; is {
			listed = append(listed, Hint{hint.RunID, at})
		} else {
			rest = append(rest, hint)
		}
	}
	return listed, rest, nil
}

// Matching returns those of listed runs that count, the one that closed last first. It must be
// called with what [Finder.Listed] has returned before: of a run that is not listed it cannot
// say whether it counts.
func (f *Finder) Matching(ctx context.Context, listed []Hint) ([]*workflowpb.WorkflowExecutionInfo, error) {
	if len(listed) == 0 {
		return nil, nil
	}
	runs, _, err := f.List(ctx, f.Query+" AND "+f.Among(idsOf(listed)...), len(listed), nil)
	if err != nil {
		return nil, err
	}
	found := f.unknown(runs, told{})
	slices.SortStableFunc(found, func(a, b *workflowpb.WorkflowExecutionInfo) int {
		return cmp.Or(closedAt(b).Compare(closedAt(a)), cmp.Compare(a.GetExecution().GetRunId(), b.GetExecution().GetRunId()))
	})
	return found, nil
}

func idsOf(hints []Hint) []string {
	ids := make([]string, len(hints))
	for i, hint := range hints {
		ids[i] = hint.RunID
	}
	return ids
}
