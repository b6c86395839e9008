package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/latch-run/latch"
)

// accounts waits until every run and delivery has ended, and reads their histories.
func (w *world) accounts(ctx context.Context) ([]account, error) {
	accounts := make([]account, 0, len(w.accepted))
	for _, run := range w.accepted {
		a := account{started: run}
		// A run that fails is told by its status.
		_ = w.cluster.Client.GetWorkflow(ctx, run.workflowID, run.runID).Get(ctx, nil)
		if err := w.read(ctx, &a); err != nil {
			return nil, fmt.Errorf("%s %s: %w", run.kind, run.workflowID, err)
		}
		accounts = append(accounts, a)
	}
	return accounts, nil
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
	a.runs, err = w.count(ctx, a.workflowID)
	return err
}

// count returns how many runs Temporal lists of a workflow id, once it lists all
// that were accepted: its lists are a moment behind.
func (w *world) count(ctx context.Context, workflowID string) (int, error) {
	least := 0
	for _, run := range w.accepted {
		if run.workflowID == workflowID {
			least++
		}
	}
	for ticker := time.Tick(pause); ; {
		counted, err := w.cluster.Client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
			Query: fmt.Sprintf("WorkflowId = '%s'", workflowID)})
		if found := int(counted.GetCount()); err == nil && found >= least {
			return found, nil
		}
		select {
		case <-ticker:
		case <-ctx.Done():
			return 0, fmt.Errorf("%s: %d runs are not listed: %w: %w", workflowID, least, context.Cause(ctx), err)
		}
	}
}

// records returns a run's, with the final one of what was handed over.
func (w *world) records(ctx context.Context, workflowID, runID string) (records []latch.Record, err error) {
	if err := w.query(ctx, workflowID, runID, latch.QueryHistory, &records); err != nil {
		return nil, err
	}
	for i, record := range records {
		if record.HandedTo == "" {
			continue
		}
		_ = w.cluster.Client.GetWorkflow(ctx, record.HandedTo, "").Get(ctx, nil) // its record tells
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

// query asks a run until it answers: workers that were killed hold answers up.
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
