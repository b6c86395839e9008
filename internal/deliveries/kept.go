package deliveries

import (
	"context"
	"errors"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// Probe attempts a kept delivery once, to test whether its endpoint works. If
// the attempt fails, the delivery stays kept. Probe returns false if the
// delivery has arrived since.
func (l *Log) Probe(ctx context.Context, kept protocol.KeptDelivery) (bool, error) {
	_, err := l.sendKept(ctx, kept, true)
	var refusal *RefusedError
	if errors.As(err, &refusal) && refusal.Reason == UnderWay {
		return true, nil
	}
	if errors.Is(err, errArrived) {
		return false, nil
	}
	return err == nil, err
}

// errArrived says that a kept delivery has arrived since.
var errArrived = errors.New("it has arrived since")

// SendKept sends a kept delivery, unless it has arrived since. It returns the
// id of the workflow that sends it, or "" if there is nothing to send.
func (l *Log) SendKept(ctx context.Context, kept protocol.KeptDelivery) (workflowID string, err error) {
	sent, err := l.sendKept(ctx, kept, false)
	var refusal *RefusedError
	switch {
	case err == nil:
		return sent.WorkflowID, nil
	case errors.Is(err, errArrived):
		return "", nil
	case errors.As(err, &refusal) && refusal.Reason == UnderWay:
		return refusal.WorkflowID, nil
	default:
		return "", err
	}
}

// sendKept sends a kept delivery, unless it has arrived since.
func (l *Log) sendKept(ctx context.Context, kept protocol.KeptDelivery, probe bool) (*Redelivery, error) {
	run, err := l.originOf(ctx, kept.DeliveryID, Origin{WorkflowID: kept.WorkflowID, RunID: kept.RunID})
	if err != nil {
		return nil, err
	}
	_, now, err := l.fateOf(ctx, runOf(run), latch.Record{DeliveryID: kept.DeliveryID, Kept: true})
	if err != nil {
		return nil, err
	}
	if now == wasDelivered {
		return nil, errArrived
	}
	send, err := l.sendOf(ctx, run, kept.DeliveryID)
	if err != nil {
		return nil, err
	}
	if err := l.checkUnderWay(ctx, run, kept.DeliveryID); err != nil {
		return nil, err
	}
	before, err := l.redeliveries(ctx, kept.DeliveryID)
	if err != nil {
		return nil, err
	}
	send.Probe = probe
	send.Carried = true
	return l.start(ctx, again(*send, before+1), run.GetTaskQueue())
}
