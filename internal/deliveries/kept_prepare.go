package deliveries

import (
	"context"
	"errors"

	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"golang.org/x/sync/errgroup"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// preparers bounds the kept deliveries that are looked up concurrently.
const preparers = 16

// A KeptSend is a kept delivery that was looked up.
type KeptSend struct {
	protocol.KeptDelivery
	// Delivery is what to send, as a redelivery; nil if Err is not.
	Delivery *protocol.Delivery
	// Err is [ErrArrived], a [*RefusedError], or an error of Temporal's.
	Err error

	// run is the run that fired the delivery, senders what may still send for it, and sent what the
	// delivery was sent with.
	run     *workflowpb.WorkflowExecutionInfo
	senders []*workflowservice.DescribeWorkflowExecutionResponse
	sent    *protocol.Sent
}

// PrepareKept looks up kept deliveries, concurrently, and returns what is
// needed to send each again, in their order. It sends nothing.
func (l *Log) PrepareKept(ctx context.Context, kept []protocol.KeptDelivery) []KeptSend {
	prepared := make([]KeptSend, len(kept))
	byRun := map[string][]*KeptSend{}
	for i := range kept {
		prepared[i].KeptDelivery = kept[i]
		byRun[kept[i].RunID] = append(byRun[kept[i].RunID], &prepared[i])
	}
	var asking errgroup.Group
	asking.SetLimit(preparers)
	for _, of := range byRun {
		asking.Go(func() error {
			l.prepareRun(ctx, of)
			return nil
		})
	}
	_ = asking.Wait() // errors are in what is returned
	var looking errgroup.Group
	looking.SetLimit(preparers)
	for i := range prepared {
		if each := &prepared[i]; each.Err == nil {
			looking.Go(func() error {
				each.Delivery, each.Err = l.prepare(ctx, each)
				return nil
			})
		}
	}
	_ = looking.Wait()
	return prepared
}

// prepareRun finds the run that fired the deliveries, and asks it once what it
// sent and whether it still sends.
func (l *Log) prepareRun(ctx context.Context, of []*KeptSend) {
	run, err := l.originOf(ctx, of[0].DeliveryID, Origin{WorkflowID: of[0].WorkflowID, RunID: of[0].RunID})
	var senders []*workflowservice.DescribeWorkflowExecutionResponse
	if err == nil {
		senders, err = l.sendersOf(ctx, run)
	}
	ids := make([]string, len(of))
	for i, each := range of {
		each.run, each.senders, each.Err, ids[i] = run, senders, err, each.DeliveryID
	}
	if err != nil {
		return
	}
	var told []protocol.Sent
	if err := l.query(ctx, runOf(run), protocol.QuerySentOf, &told, ids); err != nil {
		return // each is looked for by itself, which finds the reason
	}
	sent := map[string]*protocol.Sent{}
	for i := range told {
		if told[i].Send != nil {
			sent[told[i].Send.Request.DeliveryID] = &told[i]
		}
	}
	for _, each := range of {
		each.sent = sent[each.DeliveryID]
	}
}

// prepare returns the redelivery of a kept delivery.
func (l *Log) prepare(ctx context.Context, of *KeptSend) (*protocol.Delivery, error) {
	last, err := l.lastRedelivery(ctx, of.DeliveryID)
	if err != nil {
		return nil, err
	}
	_, now, err := l.fateAfter(ctx, last, runOf(of.run), latch.Record{DeliveryID: of.DeliveryID, Kept: true})
	if err != nil {
		return nil, err
	}
	if now == wasDelivered {
		return nil, ErrArrived
	}
	send, err := l.sendOfKept(ctx, of)
	if err != nil {
		return nil, err
	}
	if err := l.checkSenders(ctx, of.run, of.senders, of.DeliveryID); err != nil {
		return nil, err
	}
	before, err := l.redeliveries(ctx, last)
	if err != nil {
		return nil, err
	}
	send.Carried = true
	delivery := again(*send, before+1)
	return &delivery, nil
}

// sendOfKept is [Log.sendOf] for a delivery whose run was asked already.
func (l *Log) sendOfKept(ctx context.Context, of *KeptSend) (*protocol.Send, error) {
	switch {
	case of.sent == nil:
		return l.sendOf(ctx, of.run, of.DeliveryID)
	case of.sent.UnderWay && isRunning(of.run):
		return nil, stillSending(runOf(of.run))
	default:
		return of.sent.Send, nil
	}
}

// StartKept starts the workflow that sends a kept delivery, or that only
// records it if its Outcome is set.
func (l *Log) StartKept(ctx context.Context, kept *KeptSend) (*Redelivery, error) {
	if kept.Err != nil {
		return nil, kept.Err
	}
	if kept.run == nil || kept.Delivery == nil {
		return nil, errors.New("the delivery was not looked up")
	}
	return l.start(ctx, *kept.Delivery, kept.run.GetTaskQueue())
}
