package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/closes"
	"github.com/latch-run/latch/internal/completion"
	"github.com/latch-run/latch/internal/overload"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/runs"
	"github.com/latch-run/latch/internal/watched"
)

// A run is listed soon after its close. Hint asks for it after firstPause, and after twice as long
// each time, for as long as hintPatience.
const (
	firstPause   = 50 * time.Millisecond
	hintPatience = 3 * time.Second
)

// Hint has the watches look at once that will find the runs, which are said to have closed. It
// waits a little for the server to list them, so that a watch to which none of them matters is
// left alone: a hint costs its history some twenty events. Of a run that is not listed by then all
// watches learn, if the server's own record says that it has closed, and they ask for it until it
// is listed.
func (w *Watches) Hint(ctx context.Context, closed []completion.Close) error {
	all, err := w.shelf.ReadWithin(ctx, watchAge)
	if err != nil || len(all) == 0 {
		return err
	}
	rest := make([]closes.Hint, len(closed))
	for i, each := range closed {
		rest[i].RunID = each.RunID
	}
	for pause, over := firstPause, time.Now().Add(hintPatience); ; pause *= 2 {
		if rest, err = w.hintListed(ctx, all, rest); err != nil || len(rest) == 0 {
			return err
		}
		if time.Now().Add(pause).After(over) {
			break
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	late, err := w.late(ctx, closed, rest)
	for i := range all {
		if err == nil {
			err = w.hint(ctx, &all[i], late)
		}
	}
	return err
}

// hintListed hints watches at the runs that are listed and that they look for. It returns those
// that are not listed.
func (w *Watches) hintListed(ctx context.Context, all []latch.RegisteredWatch, hints []closes.Hint) (rest []closes.Hint, err error) {
	finder := closes.Finder{Among: watched.Among, Takes: watched.Takes, List: w.listed}
	listed, rest, err := finder.Listed(ctx, hints)
	for i := range all {
		if err != nil || len(listed) == 0 {
			break
		}
		if finder.Query, err = w.Query(ctx, &all[i].Watch); err != nil || finder.Query == "" {
			continue
		}
		found, refused := finder.Matching(ctx, listed)
		var invalid *serviceerror.InvalidArgument
		if err = refused; errors.As(err, &invalid) {
			err = nil // the query of one watch must not keep a close from the others
			continue
		}
		if err == nil {
			err = w.hint(ctx, &all[i], hintsAt(found))
		}
	}
	return rest, err
}

func hintsAt(found []*workflowpb.WorkflowExecutionInfo) []closes.Hint {
	hints := make([]closes.Hint, len(found))
	for i, run := range found {
		hints[i] = closes.Hint{RunID: run.GetExecution().GetRunId(), Closed: run.GetCloseTime().AsTime()}
	}
	return hints
}

// listed is the server's list.
func (w *Watches) listed(ctx context.Context, query string, size int, page []byte) ([]*workflowpb.WorkflowExecutionInfo, []byte, error) {
	request := &workflowservice.ListWorkflowExecutionsRequest{Namespace: w.store.namespace, Query: query, PageSize: int32(size),
		NextPageToken: page}
	response, err := overload.Again(ctx, func(ctx context.Context) (*workflowservice.ListWorkflowExecutionsResponse, error) {
		return w.store.service().ListWorkflowExecutions(ctx, request)
	})
	return response.GetExecutions(), response.GetNextPageToken(), err
}

// late returns those of the rest that have closed, with the times of the server's own record.
func (w *Watches) late(ctx context.Context, closed []completion.Close, rest []closes.Hint) (late []closes.Hint, err error) {
	for _, each := range closed {
		if !slices.ContainsFunc(rest, func(hint closes.Hint) bool { return hint.RunID == each.RunID }) {
			continue
		}
		at, err := w.store.jobs.ClosedAt(ctx, each.WorkflowID, each.RunID)
		switch {
		case runs.IsNotFound(err), err == nil && at.IsZero(): // it is deleted, or was never closed
		case err != nil:
			return nil, fmt.Errorf("ask whether workflow %q has closed: %w", each.WorkflowID, err)
		default:
			late = append(late, closes.Hint{RunID: each.RunID, Closed: at})
		}
	}
	return late, nil
}

// hint signals the workflow of a watch, unless somebody has ended it.
func (w *Watches) hint(ctx context.Context, watch *latch.RegisteredWatch, hints []closes.Hint) error {
	if len(hints) == 0 {
		return nil
	}
	input, err := w.store.converter.ToPayloads(protocol.WatchHint{Runs: hints})
	if err != nil {
		return fmt.Errorf("encode the hint for watch %q: %w", watch.ID, err)
	}
	request := &workflowservice.SignalWorkflowExecutionRequest{Namespace: w.store.namespace,
		WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: latch.PrefixWatch + watch.ID},
		SignalName:        protocol.SignalWatchHinted, Input: input, Identity: w.store.identity}
	_, err = overload.Again(ctx, func(ctx context.Context) (*workflowservice.SignalWorkflowExecutionResponse, error) {
		return w.store.service().SignalWorkflowExecution(ctx, request)
	})
	if err != nil && !runs.IsNotFound(err) {
		return fmt.Errorf("tell watch %q of runs that have closed: %w", watch.ID, err)
	}
	return nil
}
