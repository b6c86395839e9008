package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
)

// A removal is the answer to a caller who removed a lock.
type removal struct {
	lock, result string
	// refused reports that another result counted.
	refused bool
}

// removeLock removes a lock from two sides, and from one of them twice. Both ask for the same,
// unless the plan says otherwise.
func (w *world) removeLock(ctx context.Context, path, event, lock string) {
	p, ok := w.planOf(path)
	if !ok {
		w.note(fmt.Errorf("%s: a lock that nobody planned: %s", path, lock))
		return
	}
	here, there := p.answers(event), p.answers(event)
	if here == answerBoth {
		here, there = latch.ResultPass, latch.ResultFail
		if p.steps == 2 { // so that each side may have each answer
			here, there = there, here
		}
	}
	w.removals.Go(func() { w.removed(w.callers.removeAtTemporal(ctx, "release-"+p.id, lock, there)) })
	w.removals.Go(func() {
		for range 2 {
			w.removed(w.callers.removeOverAPI(ctx, lock, here))
		}
	})
}

// removed records a removal. It is nil if the run had closed.
func (w *world) removed(told *removal, err error) {
	w.note(err)
	if told == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = append(w.told, *told)
}

// removeOverAPI removes a lock at one of the APIs.
func (c *callers) removeOverAPI(ctx context.Context, lock, result string) (*removal, error) {
	status, text, err := c.call(ctx, 0, "/latch/v1/locks/"+url.PathEscape(lock)+"/release", fmt.Sprintf(`{"result": %q}`, result), "")
	if err != nil {
		return nil, err
	}
	if status != http.StatusConflict && status != http.StatusOK {
		return nil, fmt.Errorf("lock %s: answered %d: %s", lock, status, text)
	}
	return &removal{lock, result, status == http.StatusConflict}, nil
}

// removeAtTemporal removes a lock without an API. If the run has closed since the other side
// removed the lock, Temporal returns nothing more.
func (c *callers) removeAtTemporal(ctx context.Context, workflowID, lock, result string) (*removal, error) {
	for ticker := time.Tick(pause); ; {
		handle, err := c.cluster.Client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{WorkflowID: workflowID,
			UpdateName: latch.MessageReleaseLock, WaitForStage: client.WorkflowUpdateStageCompleted,
			Args: []any{latch.LockRelease{Lock: lock, Result: result, By: "temporal"}}})
		if err == nil {
			err = handle.Get(ctx, nil)
		}
		refused, isRefused := errors.AsType[*temporal.ApplicationError](err)
		switch {
		case err == nil:
			return &removal{lock, result, false}, nil
		case isNotFound(err):
			return nil, nil
		case isRefused && refused.Type() == latch.ErrorTooLate:
			return &removal{lock, result, true}, nil
		case isRefused:
			return nil, fmt.Errorf("lock %s: %w", lock, err)
		}
		select {
		case <-ticker:
		case <-ctx.Done():
			return nil, fmt.Errorf("lock %s: %w: %w", lock, context.Cause(ctx), err)
		}
	}
}

// locks compares the answers to callers who removed locks with the records.
func (a *audit) locks() {
	told := map[string][]removal{}
	for _, each := range a.removals {
		told[each.lock] = append(told[each.lock], each)
	}
	for _, record := range a.known {
		if record.Lock == nil {
			continue
		}
		done := false
		for _, each := range told[record.Lock.Token] {
			if each.refused == (each.result == record.Result) {
				a.say("%s: the lock of %s came to %q, and who asked for %q was told that it was refused: %t",
					record.WorkflowID, record.DeliveryID, record.Result, each.result, each.refused)
			}
			done = done || !each.refused
		}
		if !done {
			a.say("%s: the lock of %s came to %q, and nobody was told so", record.WorkflowID, record.DeliveryID, record.Result)
		}
	}
}
