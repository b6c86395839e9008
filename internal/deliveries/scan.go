package deliveries

import (
	"context"
	"fmt"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"
)

const (
	// runsAtOnce is the size of a page of Temporal's list.
	runsAtOnce = 50
	// maximumRuns bounds the runs that one call asks for their records.
	maximumRuns = 500
	// askers bounds the runs that are asked concurrently.
	askers = 8
)

// A scan asks the runs that a query finds, in the order of Temporal's list.
type scan struct {
	query string
	// page is the token of the page to begin with.
	page []byte
	ask  func(context.Context, []*workflowpb.WorkflowExecutionInfo) error
	// settled reports whether the runs after last need not be asked.
	settled func(last *workflowpb.WorkflowExecutionInfo) bool
}

// scan runs s within the bounds of one call. If they end it, scan returns the
// token of the page at which the next call must begin.
func (l *Log) scan(ctx context.Context, s scan) (next []byte, err error) {
	began, page := time.Now(), s.page
	for asked := 0; ; {
		response, err := l.runs.Page(ctx, s.query, runsAtOnce, page)
		if err != nil {
			return nil, fmt.Errorf("list runs: %w", err)
		}
		runs := response.GetExecutions()
		if err := s.ask(ctx, runs); err != nil {
			return nil, err
		}
		asked, page = asked+len(runs), response.GetNextPageToken()
		switch {
		case len(page) == 0 || len(runs) > 0 && s.settled(runs[len(runs)-1]):
			return nil, nil
		case asked >= maximumRuns || time.Since(began) > partTimeout:
			return page, nil
		}
	}
}
