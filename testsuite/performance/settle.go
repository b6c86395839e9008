package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/api/workflowservice/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/performance/byhand"
)

// shortlived are the workflows that end by themselves.
var shortlived = []string{byhand.JobRegular, byhand.JobLocal, byhand.Event, byhand.Fanout, byhand.Gated,
	latch.WorkflowEmit, latch.WorkflowJobRun, latch.WorkflowDeliver}

// settle waits until everything that the turns before have started has ended, and Temporal has
// listed that: its work must not fall into the next turn, which may be the other side's.
func (w *world) settle(ctx context.Context) error {
	query := fmt.Sprintf(`ExecutionStatus = "Running" AND WorkflowType IN ("%s")`, strings.Join(shortlived, `", "`))
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		running, err := w.client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: query})
		if err != nil || running.GetCount() == 0 {
			return err
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("%d runs of earlier turns do not end", running.GetCount()), context.Cause(ctx))
		}
	}
}
