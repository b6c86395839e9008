package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"

	"github.com/latch-run/latch/internal/closes"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/registry"
	"github.com/latch-run/latch/internal/runs"
	"github.com/latch-run/latch/internal/watched"
)

// A watch lists runs every second while some close, and at most every three seconds while none
// do.
const (
	shortestRest = time.Second
	longestRest  = 3 * time.Second
	restGrowth   = 1.2
)

// Watch looks for runs that have closed until it finds some, the watch is gone, or the round is
// over. Repeating it from the same cursor finds the same runs.
func (a *Activities) Watch(ctx context.Context, at protocol.Watch) (protocol.Found, error) {
	stop := beat(ctx, 5*time.Second)
	defer stop()
	store := a.registryOf(ctx)
	if store == nil {
		return protocol.Found{Gone: true}, nil
	}
	over, pause := time.Now().Add(protocol.WatchRound), shortestRest
	passed := at.Cursor.Pass == nil && !at.Hints.Due(time.Now())
	for {
		if passed {
			if goesOn, err := rest(ctx, pause); !goesOn || time.Now().After(over) {
				return protocol.Found{Cursor: at.Cursor, Hints: at.Hints}, err
			}
			pause = min(time.Duration(float64(pause)*restGrowth), longestRest)
			if at.Hinted && isGivenUp(ctx) {
				return protocol.Found{}, nil // nobody reads it
			}
		}
		found, ended, err := a.lookOnce(ctx, store, at)
		if err != nil || found.Gone || len(found.Closes) > 0 {
			return found, err
		}
		at.Cursor, at.Hints, passed = found.Cursor, found.Hints, ended
	}
}

// rest waits, and reports whether to continue after that: a worker that stops leaves the watch
// to another.
func rest(ctx context.Context, pause time.Duration) (goesOn bool, err error) {
	select {
	case <-time.After(pause):
		return true, nil
	case <-activity.GetWorkerStopChannel(ctx):
		return false, nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// isGivenUp reports whether the workflow has given the activity up. The SDK learns of that by a
// heartbeat, which it sends every eight seconds: too late to keep the looks of many hints apart.
func isGivenUp(ctx context.Context) bool {
	info := activity.GetInfo(ctx)
	answer, err := activity.GetClient(ctx).WorkflowService().RecordActivityTaskHeartbeat(ctx,
		&workflowservice.RecordActivityTaskHeartbeatRequest{Namespace: info.Namespace, TaskToken: info.TaskToken})
	return err == nil && answer.GetCancelRequested()
}

// lookOnce asks for the runs of hints, or lists one page. It reports whether it reached the end of
// the list.
func (a *Activities) lookOnce(ctx context.Context, store *registry.Store, at protocol.Watch) (protocol.Found, bool, error) {
	watch, err := store.Watches().Recently(ctx, at.ID)
	if errors.Is(err, registry.ErrUnknown) {
		return protocol.Found{Gone: true}, true, nil
	}
	if err != nil {
		return protocol.Found{}, false, registryError(fmt.Errorf("find watch %q: %w", at.ID, err))
	}
	query, err := store.Watches().Query(ctx, &watch.Watch)
	if err != nil || query == "" {
		return protocol.Found{Cursor: at.Cursor}, true, registryError(err)
	}
	all := runs.New(runs.Options{Client: activity.GetClient(ctx), Namespace: activity.GetInfo(ctx).Namespace}) // it decrypts nothing
	finder := closes.Finder{Query: query, Among: watched.Among, Takes: watched.Takes, List: listOf(all)}
	found, hints, err := finder.Hinted(ctx, at.Hints, time.Now())
	next, ended := at.Cursor, false
	if err == nil && len(found) == 0 {
		found, next, ended, err = finder.Step(ctx, at.Cursor, &at.Memory, time.Now())
	}
	if err != nil {
		return protocol.Found{}, false, fmt.Errorf("look for runs that have closed: %w", err)
	}
	slices.Reverse(found) // those that closed first are reported first
	reader := watched.Reader{Runs: all, UI: a.options.TemporalUI}
	closed, err := reader.Closes(ctx, watch.ID, found)
	return protocol.Found{Watch: watch.Watch, Cursor: next, Hints: hints, Closes: closed}, ended, err
}

// listOf returns Temporal's list of runs.
func listOf(all *runs.Runs) closes.List {
	return func(ctx context.Context, query string, size int, page []byte) ([]*workflowpb.WorkflowExecutionInfo, []byte, error) {
		listed, err := all.Page(ctx, query, size, page)
		return listed.GetExecutions(), listed.GetNextPageToken(), err
	}
}
