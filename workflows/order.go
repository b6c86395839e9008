package workflows

import (
	"errors"
	"slices"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/verdict"
)

// A turn says whether a delivery of an ordered webhook waits (contract, "Ordered").
type turn int

const (
	// itsTurn: the delivery is or was sent.
	itsTurn turn = iota
	// waiting: the previous ones have not settled.
	waiting
	// laidBy: it waits, and the next run of the chain takes it up.
	laidBy
)

// enterStream adds a delivery to those of its webhook.
func (h *hook) enterStream() {
	if h.state != verdict.UnderWay {
		return
	}
	h.stream = h.firing.session.streams.of(h.webhook.ID)
	h.stream.unsettled = append(h.stream.unsettled, h)
}

// mustWait reports whether the delivery waits for its turn.
func (h *hook) mustWait() bool { return h.webhook.Ordered && h.stream.head() != h }

// head returns the first delivery that has not settled, or nil.
func (s *stream) head() *hook {
	settled := 0
	for settled < len(s.unsettled) && s.unsettled[settled].state != verdict.UnderWay {
		settled++
	}
	s.unsettled = s.unsettled[settled:]
	if len(s.unsettled) == 0 {
		return nil
	}
	return s.unsettled[0]
}

// next returns the first delivery that waits for its turn, or nil.
func (s *stream) next() *hook {
	i := slices.IndexFunc(s.unsettled, isWaiting)
	if i < 0 {
		return nil
	}
	return s.unsettled[i]
}

func isWaiting(h *hook) bool { return h.turn == waiting }

// isOwn reports whether the run itself still sends the delivery.
func isOwn(h *hook) bool {
	return h.state == verdict.UnderWay && !isWaiting(h) && h.record.HandedTo == ""
}

// queue makes a delivery wait for its turn.
func (s *session) queue(h *hook) {
	h.turn = waiting
	if h.stream.attended {
		return
	}
	h.stream.attended = true
	workflow.Go(s.detached, func(ctx workflow.Context) { s.attend(ctx, h.stream) })
}

// attend sends the deliveries that wait, each in its turn, until none waits.
func (s *session) attend(ctx workflow.Context, of *stream) {
	for {
		await(ctx, func() bool {
			next := of.next()
			return next == nil || !s.link.down && !s.handsOver && of.head() == next
		})
		next := of.next()
		if next == nil {
			of.attended = false
			return
		}
		next.turn = itsTurn
		if next.inVolley() {
			s.volleys.add(next)
		} else {
			next.setOut(func() {})
		}
	}
}

// layBy keeps the deliveries that wait for their turns for the next run.
func (s *session) layBy() {
	for _, of := range s.streams.all {
		for _, hook := range of.unsettled {
			if isWaiting(hook) {
				hook.turn = laidBy
				s.inFlight--
			}
		}
	}
}

// handOverQueues hands over the deliveries that wait for their turn, as one queue for each
// webhook. A webhook to which this run still sends a delivery is handled when the run hands
// over again.
func (s *session) handOverQueues(ctx workflow.Context) {
	for _, of := range s.streams.all {
		if of.head() == nil || of.next() == nil || slices.ContainsFunc(of.unsettled, isOwn) {
			continue
		}
		var queue protocol.Queue
		for _, hook := range of.unsettled {
			waits := isWaiting(hook)
			if waits {
				s.handOverWaiting(ctx, hook)
			}
			if hook.record.HandedTo != "" {
				queue.Items = append(queue.Items, protocol.QueueItem{
					DeliveryID: hook.record.DeliveryID, WorkflowID: s.execution.ID, Handed: true, Waits: waits})
			}
		}
		s.startQueue(ctx, of, queue)
	}
}

// handOverWaiting hands over a delivery that was never sent, to a child that waits for its
// turn.
func (s *session) handOverWaiting(ctx workflow.Context, h *hook) {
	h.turn = itsTurn
	h.attempt.send = h.newSend(ctx)
	delivery := protocol.Delivery{Send: *h.attempt.send, Brought: h.brought, LockRemoved: h.lockRemoved,
		Operators: h.firing.operators, Waits: true}
	s.pacer.wait(ctx, h.weight())
	if child := s.startDelivery(ctx, delivery); child != "" {
		h.handedTo(child, protocol.Outcome{})
	} else {
		outcome := protocol.Outcome{Error: "could not be handed over when the run closed", CompletedAt: s.now()}
		h.settled(outcome)
		h.conclude(ctx, outcome)
	}
	s.inFlight--
	h.firing.changed = true
}

// startQueue starts the workflow that gives a webhook's handed over deliveries their turns.
func (s *session) startQueue(ctx workflow.Context, of *stream, queue protocol.Queue) {
	if len(queue.Items) == 0 {
		return
	}
	webhook := of.newest.Webhook
	ctx = workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:        protocol.OrderedID(s.execution.ID, s.originalRunID, webhook),
		ParentClosePolicy: enums.PARENT_CLOSE_POLICY_ABANDON,
		StaticSummary:     "Deliveries to " + webhook + ", in order",
		StaticDetails:     "Sends in order what `" + s.execution.ID + "` could not deliver while it ran.",
	})
	err := workflow.ExecuteChildWorkflow(ctx, latch.WorkflowDeliverInOrder, queue).GetChildWorkflowExecution().Get(ctx, nil)
	var exists *temporal.ChildWorkflowExecutionAlreadyStartedError
	if err != nil && !errors.As(err, &exists) {
		workflow.GetLogger(ctx).Error("what was handed over in order waits", "webhook", webhook, "error", err)
	}
}
