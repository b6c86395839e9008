package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"golang.org/x/sync/errgroup"

	"github.com/latch-run/latch"
)

// readers is how many histories are read concurrently.
const readers = 8

// accounts waits until every run and delivery has ended, and reads their histories.
func (w *world) accounts(ctx context.Context) ([]account, error) {
	accounts := make([]account, len(w.accepted))
	var group errgroup.Group
	group.SetLimit(readers)
	for i, run := range w.accepted {
		group.Go(func() error {
			accounts[i].started = run
			// A run that fails has that in its status.
			_ = w.cluster.Client.GetWorkflow(ctx, run.workflowID, run.runID).Get(ctx, nil)
			if err := w.read(ctx, &accounts[i]); err != nil {
				return fmt.Errorf("%s %s: %w", run.kind, run.workflowID, err)
			}
			return nil
		})
	}
	return accounts, group.Wait()
}

// endSchedule pauses the scheduled job, and adds its runs to the accepted ones: all that sent
// something, and all others that are listed.
func (w *world) endSchedule(ctx context.Context) error {
	if err := w.starter(ctx, "", "job", "pause", scheduledID); err != nil {
		return err
	}
	const workflowID = latch.PrefixJobRun + scheduledID
	for ticker := time.Tick(pause); ; {
		listed, err := w.listed(ctx, workflowID)
		running, runningErr := w.count(ctx, "WorkflowType = 'latch.Trigger' AND ExecutionStatus = 'Running'")
		missing := slices.ContainsFunc(w.receivers.all(), func(came arrival) bool {
			return came.workflow == workflowID && !slices.Contains(listed, came.run)
		})
		if err == nil && runningErr == nil && running == 0 && !missing {
			for _, run := range listed {
				w.accepted = append(w.accepted, started{registeredPlan(kindScheduled, scheduledID), workflowID, run})
			}
			return nil
		}
		select {
		case <-ticker:
		case <-ctx.Done():
			return fmt.Errorf("the schedule's %d runs: %w: %w", len(listed), context.Cause(ctx), errors.Join(err, runningErr))
		}
	}
}

// listed returns the ids of the runs of a workflow id in Temporal's list.
func (w *world) listed(ctx context.Context, workflowID string) (runs []string, err error) {
	request := &workflowservice.ListWorkflowExecutionsRequest{Query: ofWorkflow(workflowID)}
	for {
		answer, err := w.cluster.Client.ListWorkflow(ctx, request)
		if err != nil {
			return nil, err
		}
		for _, each := range answer.GetExecutions() {
			runs = append(runs, each.GetExecution().GetRunId())
		}
		if request.NextPageToken = answer.GetNextPageToken(); len(request.NextPageToken) == 0 {
			return runs, nil
		}
	}
}

func ofWorkflow(id string) string { return fmt.Sprintf("WorkflowId = '%s'", id) }

// count returns the number of runs in Temporal's list.
func (w *world) count(ctx context.Context, query string) (int, error) {
	counted, err := w.cluster.Client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: query})
	return int(counted.GetCount()), err
}

func (w *world) read(ctx context.Context, a *account) (err error) {
	if a.kind != kindEmission {
		if err := w.query(ctx, a.workflowID, a.runID, latch.QueryStatus, &a.status); err != nil {
			return err
		}
	}
	if a.records, err = w.records(ctx, a.workflowID, a.runID); err != nil {
		return err
	}
	if a.kind == kindSequence {
		for i := range a.steps {
			records, err := w.records(ctx, fmt.Sprintf("%s/%s-%d", a.workflowID, a.id, i), "")
			if err != nil {
				return err
			}
			a.records = append(a.records, records...)
		}
	}
	a.runs, err = w.runs(ctx, a.workflowID)
	return err
}

// runs returns how many runs of a workflow id Temporal lists, once the list, which lags behind,
// contains all accepted ones.
func (w *world) runs(ctx context.Context, workflowID string) (int, error) {
	least := 0
	for _, run := range w.accepted {
		if run.workflowID == workflowID {
			least++
		}
	}
	for ticker := time.Tick(pause); ; {
		found, err := w.count(ctx, ofWorkflow(workflowID))
		if err == nil && found >= least {
			return found, nil
		}
		select {
		case <-ticker:
		case <-ctx.Done():
			return 0, fmt.Errorf("%s: %d runs are not listed: %w: %w", workflowID, least, context.Cause(ctx), err)
		}
	}
}

// records returns a run's records, with the final record of a delivery that was handed over.
func (w *world) records(ctx context.Context, workflowID, runID string) (records []latch.Record, err error) {
	if err := w.query(ctx, workflowID, runID, latch.QueryHistory, &records); err != nil {
		return nil, err
	}
	for i, record := range records {
		if record.HandedTo == "" {
			continue
		}
		_ = w.cluster.Client.GetWorkflow(ctx, record.HandedTo, "").Get(ctx, nil) // its record decides
		var final []latch.Record
		if err := w.query(ctx, record.HandedTo, "", latch.QueryHistory, &final); err != nil {
			return nil, err
		}
		if len(final) != 1 {
			return nil, fmt.Errorf("%s has %d records", record.HandedTo, len(final))
		}
		records[i] = final[0]
	}
	return records, nil
}

// query queries a run until it answers, because killed workers delay answers.
func (w *world) query(ctx context.Context, workflowID, runID, name string, into any) error {
	for ticker := time.Tick(pause); ; {
		value, err := w.cluster.Client.QueryWorkflow(ctx, workflowID, runID, name)
		if err == nil {
			return value.Get(into)
		}
		select {
		case <-ticker:
		case <-ctx.Done():
			return fmt.Errorf("query %s of %s: %w: %w", name, workflowID, context.Cause(ctx), err)
		}
	}
}

func isNotFound(err error) bool {
	_, ok := errors.AsType[*serviceerror.NotFound](err)
	return ok
}
