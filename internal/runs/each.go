package runs

import (
	"context"

	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/latch-run/latch/internal/overload"
)

// eachPage is the number of runs that [Runs.Each] reads at once.
const eachPage = 1000

// Each calls a function with each run that a query finds, in the order of
// [Runs.Page]. It stops at the end of the page on which it reaches most runs.
// It has no time limit except the context's.
func (r *Runs) Each(ctx context.Context, query string, most int, call func(*workflowpb.WorkflowExecutionInfo)) error {
	request := &workflowservice.ListWorkflowExecutionsRequest{Namespace: r.namespace, Query: query, PageSize: eachPage}
	for seen := 0; seen < most; {
		page, err := overload.Again(ctx, func(ctx context.Context) (*workflowservice.ListWorkflowExecutionsResponse, error) {
			return r.service().ListWorkflowExecutions(ctx, request)
		})
		if err != nil {
			return err
		}
		for _, info := range page.GetExecutions() {
			call(info)
		}
		seen += len(page.GetExecutions())
		if request.NextPageToken = page.GetNextPageToken(); len(request.NextPageToken) == 0 {
			return nil
		}
	}
	return nil
}

// Count returns how many runs a query finds.
func (r *Runs) Count(ctx context.Context, query string) (int64, error) {
	answer, err := withOpen(query, func(query string) (*workflowservice.CountWorkflowExecutionsResponse, error) {
		request := &workflowservice.CountWorkflowExecutionsRequest{Namespace: r.namespace, Query: query}
		return overload.Again(ctx, func(ctx context.Context) (*workflowservice.CountWorkflowExecutionsResponse, error) {
			return r.service().CountWorkflowExecutions(ctx, request)
		})
	})
	return answer.GetCount(), err
}
