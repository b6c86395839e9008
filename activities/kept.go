package activities

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"golang.org/x/sync/errgroup"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/deliveries"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rehearsal"
)

const (
	// keptAtOnce is how many kept deliveries are a part, which is looked up together. While a part
	// is sent, keptAhead parts are looked up, and the one before is recorded. So a worker has four
	// parts in memory, and up to two may be sent again if it dies.
	keptAtOnce = 32
	keptAhead  = 2
	// keptRecorders bounds the records of a part that are written concurrently.
	keptRecorders = 16
)

// SendKeptBatch sends deliveries that were kept, each after the previous one is settled. The
// first attempt is made here, and recorded by a latch.Deliver that sends nothing. A delivery
// that must be retried is sent by a latch.Deliver, for which this activity waits. One that
// cannot be sent, because Temporal no longer has its run, counts as lost and does not block the
// others.
//
// An attempt of this activity begins where the previous one ended. If that one ended without
// reporting, deliveries that it had recorded are found and not sent again.
func (a *Activities) SendKeptBatch(ctx context.Context, batch protocol.KeptBatch) (protocol.KeptProgress, error) {
	b := &keptBatch{Activities: a, log: a.logOf(ctx), items: batch.Items}
	if activity.HasHeartbeatDetails(ctx) {
		_ = activity.GetHeartbeatDetails(ctx, &b.progress) // unreadable details count as none: deliveries are looked up anyway
	}
	stop := beatWith(ctx, 5*time.Second, func() []any { return []any{b.told()} })
	err := b.send(ctx)
	stop()
	if err != nil {
		activity.RecordHeartbeat(ctx, b.told())
		return protocol.KeptProgress{}, err
	}
	return b.told(), nil
}

// A keptBatch is the state of sending a batch of kept deliveries.
type keptBatch struct {
	*Activities
	log   *deliveries.Log
	items []protocol.QueueItem

	mutex    sync.Mutex
	progress protocol.KeptProgress
	// parts are the parts that were sent and do not count yet: the one that is being sent, and the
	// one before, whose records are being written.
	parts []*keptPart
}

// A keptPart is a part that was sent, or that is being sent.
type keptPart struct {
	records    errgroup.Group
	done, lost int
}

// beginPart begins to send a part.
func (b *keptBatch) beginPart() *keptPart {
	part := &keptPart{}
	part.records.SetLimit(keptRecorders)
	b.parts = append(b.parts, part)
	return part
}

// awaitRecords waits until nothing is being recorded any more.
func (b *keptBatch) awaitRecords() {
	for _, part := range b.parts {
		_ = part.records.Wait() // settle has returned the error
	}
}

// settle waits until all parts are recorded but the last ones, as many as are left, and counts them
// in their order.
func (b *keptBatch) settle(left int) error {
	for len(b.parts) > left {
		part := b.parts[0]
		if err := part.records.Wait(); err != nil {
			return err
		}
		b.parts = b.parts[1:]
		b.change(func(p *protocol.KeptProgress) { p.Done, p.Lost = p.Done+part.done, p.Lost+part.lost })
	}
	return nil
}

// told returns the progress of the batch.
func (b *keptBatch) told() protocol.KeptProgress {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.progress
}

// change updates the progress of the batch.
func (b *keptBatch) change(change func(*protocol.KeptProgress)) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	change(&b.progress)
}

// send sends the batch part by part.
func (b *keptBatch) send(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if retried := b.told().Retried; retried != "" {
		if err := b.await(ctx, retried); err != nil {
			return err
		}
	}
	var ahead []<-chan []deliveries.KeptSend
	defer b.awaitRecords()
	for left := b.items[min(b.told().Done, len(b.items)):]; !b.told().Kept; {
		for len(left) > 0 && len(ahead) <= keptAhead {
			part := left[:min(len(left), keptAtOnce)]
			left, ahead = left[len(part):], append(ahead, b.prepare(ctx, part))
		}
		if len(ahead) == 0 {
			break
		}
		part := <-ahead[0]
		ahead = ahead[1:]
		if err := b.sendPart(ctx, part); err != nil {
			return err
		}
		activity.RecordHeartbeat(ctx, b.told())
	}
	return b.settle(0)
}

// prepare looks up a part of the deliveries, concurrently with the caller.
func (b *keptBatch) prepare(ctx context.Context, items []protocol.QueueItem) <-chan []deliveries.KeptSend {
	prepared := make(chan []deliveries.KeptSend, 1)
	part := make([]protocol.KeptDelivery, len(items))
	for i, item := range items {
		runID, _ := protocol.RunOf(item.DeliveryID) // without one, the lookup says so
		part[i] = protocol.KeptDelivery{DeliveryID: item.DeliveryID, WorkflowID: item.WorkflowID, RunID: runID}
	}
	go func() { prepared <- b.log.PrepareKept(ctx, part) }()
	return prepared
}

// sendPart sends a part, while the one before is still being recorded. What was sent counts once all
// of its part is recorded, or before the part waits for a delivery.
func (b *keptBatch) sendPart(ctx context.Context, part []deliveries.KeptSend) error {
	sending := b.beginPart()
	for i := range part {
		if ctx.Err() != nil {
			return errors.Join(b.settle(0), ctx.Err())
		}
		waits, err := b.sendOne(ctx, sending, &part[i])
		switch {
		case err == nil && waits == "":
			sending.done++
		case err == nil:
			if err := b.settle(0); err != nil {
				return err
			}
			b.change(func(p *protocol.KeptProgress) { p.Retried = waits })
			if err := b.await(ctx, waits); err != nil {
				return err
			}
			sending = b.beginPart()
		case errors.Is(err, errKept):
			b.change(func(p *protocol.KeptProgress) { p.Kept = true })
		case isRefused(err):
			activity.GetLogger(ctx).Error("a kept delivery cannot be sent; the next one goes out", "delivery", part[i].DeliveryID, "error", err)
			sending.done, sending.lost = sending.done+1, sending.lost+1
		default:
			return errors.Join(b.settle(0), err)
		}
		if b.told().Kept {
			break
		}
	}
	return b.settle(1)
}

// errKept reports that the endpoint is disabled again.
var errKept = errors.New("the endpoint is disabled")

func isRefused(err error) bool {
	var refused *deliveries.RefusedError
	return errors.As(err, &refused)
}

// sendOne makes the first attempt at a delivery. It returns the id of the workflow that sends
// or retries it instead, or "" if the delivery is settled.
func (b *keptBatch) sendOne(ctx context.Context, part *keptPart, kept *deliveries.KeptSend) (waits string, err error) {
	var refused *deliveries.RefusedError
	switch {
	case errors.Is(kept.Err, deliveries.ErrArrived):
		return "", nil
	case errors.As(kept.Err, &refused) && refused.Reason == deliveries.UnderWay:
		return refused.WorkflowID, nil
	case kept.Err != nil:
		return "", kept.Err
	}
	send := kept.Delivery.Send
	if send.Rated {
		return b.start(ctx, kept) // the workflow's attempts keep to the rate
	}
	if b.renew(ctx, &send) != nil {
		return b.start(ctx, kept) // the workflow reports why it cannot be sent, or waits
	}
	if reason := b.keptBack(ctx, &send); reason != "" {
		return "", errKept
	}
	outcome, judged, err := b.attempt(ctx, &send, 1, memory{}, b.options.Sender.Send)
	switch {
	case err != nil: // it waits for a place at the endpoint
		return b.start(ctx, kept)
	case judged != nil && !judged.final:
		kept.Delivery.Send.PriorAttempts, kept.Delivery.Send.Tries = outcome.Attempts, outcome.Tries
		kept.Delivery.NotBefore = latch.NewTime(rehearsal.Now(ctx).Add(judged.delay))
		return b.start(ctx, kept)
	}
	kept.Delivery.Outcome = &outcome
	part.records.Go(func() error {
		_, err := b.start(ctx, kept)
		return err
	})
	return "", nil
}

// start starts the delivery's workflow, unless it already exists, and returns its id.
func (b *keptBatch) start(ctx context.Context, kept *deliveries.KeptSend) (workflowID string, err error) {
	started, err := b.log.StartKept(ctx, kept)
	var refused *deliveries.RefusedError
	switch {
	case err == nil:
		return started.WorkflowID, nil
	case errors.As(err, &refused) && refused.Reason == deliveries.UnderWay:
		return refused.WorkflowID, nil
	default:
		return "", err
	}
}

// await waits until the next delivery, which a workflow sends, is settled. If that takes long,
// another attempt of this activity continues to wait, so that a queue whose endpoint is dead
// occupies no slot of a worker.
func (b *keptBatch) await(ctx context.Context, workflowID string) error {
	waiting, cancel := context.WithTimeout(ctx, turnPatience)
	defer cancel()
	var record latch.Record
	err := activity.GetClient(ctx).GetWorkflow(waiting, workflowID, "").Get(waiting, &record)
	var ended *temporal.WorkflowExecutionError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case waiting.Err() != nil:
		wait := nextTurn(turnPatience, int(activity.GetInfo(ctx).Attempt), rand.Float64())
		return judgement{kind: errorWaits, message: workflowID + " is still sending", delay: wait}.failure()
	case err != nil && !errors.As(err, &ended) && !isForgotten(err):
		return err
	}
	b.change(func(p *protocol.KeptProgress) {
		p.Retried = ""
		if record.Kept {
			p.Kept = true
			return
		}
		p.Done++
	})
	return nil
}
