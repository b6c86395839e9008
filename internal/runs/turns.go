package runs

import (
	"context"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// Turns returns which release holds a concurrency key, and which wait for it. A key that nobody
// holds has neither.
func (r *Runs) Turns(ctx context.Context, key string) (*latch.Turns, error) {
	turns := &latch.Turns{Key: key, Waiting: []latch.Turn{}}
	id := protocol.TurnsPrefix + key
	if !protocol.IsID(id) {
		return turns, nil
	}
	described, err := r.Describe(ctx, id, "")
	info := described.GetWorkflowExecutionInfo()
	if IsNotFound(err) || err == nil && HasClosed(info) {
		return turns, nil
	}
	if err != nil {
		return nil, err
	}
	return turns, r.Query(ctx, id, info.GetExecution().GetRunId(), protocol.QueryTurns, turns)
}
