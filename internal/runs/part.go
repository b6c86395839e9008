package runs

import (
	"context"

	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
)

// Part returns at most limit runs that a query finds, in the order of
// [Runs.Page], from the cursor on. next is the cursor of the next page, or ""
// on the last. An invalid cursor is an [*ArgumentError].
func (r *Runs) Part(ctx context.Context, query, from string, limit int) (found []*workflowpb.WorkflowExecutionInfo, next string, err error) {
	var at cursor
	if err := at.decode(from, 1); err != nil {
		return nil, "", err
	}
	ctx, cancel := context.WithTimeout(ctx, partTimeout)
	defer cancel()
	request := &workflowservice.ListWorkflowExecutionsRequest{Namespace: r.namespace, Query: query, PageSize: int32(limit), NextPageToken: at.Page}
	page, err := again(ctx, func(ctx context.Context) (*workflowservice.ListWorkflowExecutionsResponse, error) {
		return r.service().ListWorkflowExecutions(ctx, request)
	})
	if err != nil {
		return nil, "", err
	}
	if at.Page = page.GetNextPageToken(); len(at.Page) > 0 {
		next = at.encode()
	}
	return page.GetExecutions(), next, nil
}
