package deliveries

import (
	"context"
	"errors"

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
	if errors.Is(err, ErrArrived) {
		return false, nil
	}
	return err == nil, err
}

// ErrArrived says that a kept delivery has arrived since.
var ErrArrived = errors.New("it has arrived since")

// SendKept sends a kept delivery, unless it has arrived since. It returns the
// id of the workflow that sends it, or "" if there is nothing to send.
func (l *Log) SendKept(ctx context.Context, kept protocol.KeptDelivery) (workflowID string, err error) {
	sent, err := l.sendKept(ctx, kept, false)
	var refusal *RefusedError
	switch {
	case err == nil:
		return sent.WorkflowID, nil
	case errors.Is(err, ErrArrived):
		return "", nil
	case errors.As(err, &refusal) && refusal.Reason == UnderWay:
		return refusal.WorkflowID, nil
	default:
		return "", err
	}
}

// sendKept starts the workflow that sends a kept delivery, unless it has
// arrived since.
func (l *Log) sendKept(ctx context.Context, kept protocol.KeptDelivery, probe bool) (*Redelivery, error) {
	prepared := l.PrepareKept(ctx, []protocol.KeptDelivery{kept})[0]
	if prepared.Err != nil {
		return nil, prepared.Err
	}
	prepared.Delivery.Send.Probe = probe
	return l.StartKept(ctx, &prepared)
}
