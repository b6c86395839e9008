package workflows

import (
	"errors"
	"maps"
	"slices"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// A run whose history grows long continues as a new run under the same workflow id when
// Temporal suggests it. These runs are the links of a chain. Callers that use the workflow id
// notice no difference.

// maximumInput bounds the input of the next run of a chain, in bytes. Temporal accepts 2 MiB.
const maximumInput = 1900 << 10

// errContinues is the error of a wait if the run is to continue as new. A function that returns
// it must not wait for anything any more.
var errContinues = errors.New("the run continues as a new one")

// A link is the run's position in its chain.
type link struct {
	// able reports that the subject can continue as a new run.
	able bool
	// since is the change that introduced continuing at the run's current point.
	since string
	// beside reports that several events are waited for concurrently. The code that waits for
	// all of them then continues the run as new.
	beside bool
	// given is the size of the run's arguments, in bytes, which the next run receives too.
	given int
	// down reports that deliveries are kept for the next run instead of being sent.
	down bool
	// holds reports that signals are kept for the next run instead of being taken, so that a
	// flood of them does not delay the run.
	holds bool
	// full reports that the run cannot continue as new before it has taken the signals that it
	// kept.
	full bool
	// next is the state for the next run.
	next []byte
}

// due reports whether the run should continue as new as soon as it can.
func (s *session) due(ctx workflow.Context) bool {
	return s.link.able && ctx.Err() == nil && !s.control.pending() && workflow.GetInfo(s.detached).GetContinueAsNewSuggested() && !s.works()
}

// works reports whether an attempt at a hook that is work is in progress. It may take hours and
// is never interrupted, so that a run which waited for it could not be stopped meanwhile. No change
// in versions.go marks it: no released version had hooks that are work without it.
func (s *session) works() bool {
	for _, firing := range s.firings {
		if slices.ContainsFunc(firing.hooks, func(h *hook) bool { return h.attempt.working }) {
			return true
		}
	}
	return false
}

// continues prepares the next run if it is due, between two pieces of work. If its error is
// errContinues, the caller must let the run end.
func (s *session) continues(ctx workflow.Context) error {
	if !s.leaves(ctx) {
		return nil
	}
	if !s.link.holds {
		s.drainSignals(ctx)
	}
	await(disconnect(ctx), func() bool { return s.quiet(ctx) })
	if s.due(ctx) && s.pack(ctx) {
		return errContinues
	}
	s.takeUp()
	return nil
}

// continuesAtEnd is like continues after the run's outcome is decided. Later code does not
// learn that the run was cancelled.
func (s *session) continuesAtEnd(ctx workflow.Context) error {
	s.link.since = continuesLate
	return s.continues(disconnect(ctx))
}

// leaves takes down the deliveries in flight if a new run is due.
func (s *session) leaves(ctx workflow.Context) bool {
	if s.link.down {
		return true
	}
	if !s.due(ctx) {
		return false
	}
	if !knows(ctx, s.link.since) {
		s.link.able = false
		return false
	}
	s.takeDown(disconnect(ctx))
	s.link.holds = knows(ctx, carriesSignals)
	return true
}

// mayLeave reports whether a wait must act for the next run: take down deliveries, or end.
func (s *session) mayLeave(ctx workflow.Context) bool {
	return s.due(ctx) && (!s.link.down || s.quiet(ctx))
}

// quiet reports whether every message that has arrived is answered.
func (s *session) quiet(ctx workflow.Context) bool {
	return s.signalsUnderWay == 0 && workflow.AllHandlersFinished(ctx)
}

// takeDown ends the deliveries in flight between two attempts and keeps them. It waits for the
// end of the current attempts and volleys.
func (s *session) takeDown(ctx workflow.Context) {
	s.link.down = true
	s.layBy()
	for s.inFlight > 0 {
		await(ctx, func() bool { return s.volleys.begun() && s.volleys.shooting == 0 && s.fetching == 0 })
		hooks := s.sending()
		if len(hooks) == 0 {
			before := s.inFlight
			await(ctx, func() bool { return s.inFlight < before || len(s.sending()) > 0 })
			continue
		}
		stands := s.pendingAttempts(ctx)
		for _, hook := range hooks {
			hook.attempt.stands = stands[hook.record.DeliveryID]
			hook.attempt.cancel()
		}
		await(ctx, func() bool { return !slices.ContainsFunc(hooks, isSending) })
	}
}

// takeUp continues the deliveries that were taken down, in this run or in the next.
func (s *session) takeUp() {
	s.link.down, s.link.holds = false, false
	s.tellOfLocks()
	for _, firing := range s.firings {
		for _, hook := range firing.hooks {
			if hook.turn == laidBy {
				s.inFlight++
				s.queue(hook)
			}
			if hook.kept == nil {
				continue
			}
			send := hook.kept.Send
			send.NotBefore, hook.kept = hook.kept.NotBefore, nil
			s.inFlight++
			firing.inFlight++
			workflow.Go(s.detached, func(ctx workflow.Context) {
				hook.sendBy(ctx, send)
				firing.release()
			})
		}
	}
}

// keepFor keeps a delivery for takeUp.
func (h *hook) keepFor(resume protocol.Delivery, outcome protocol.Outcome) {
	h.kept = &resume
	if outcome.Attempts > 0 {
		h.takenDown(outcome)
	}
}

// pack prepares the next run's state. If the state is too large for Temporal, the run does not
// continue as new: its history has room for many times the events that made it due. If it has
// kept signals, it takes them first and then tries again.
func (s *session) pack(ctx workflow.Context) bool {
	if s.link.holds {
		s.receiveUnread(ctx)
	}
	next, err := protocol.PackCarried(s.carried())
	if err == nil && s.link.given+len(next) > maximumInput {
		err = errors.New("the run's state is too large")
	}
	if err != nil {
		workflow.GetLogger(ctx).Warn("the run goes on with a long history", "error", err)
		s.link.able, s.link.full = false, len(s.unread) > 0
		if s.link.holds {
			s.takeUp()
		}
		return false
	}
	s.link.next = next
	return true
}

// carriedKey is the metadata key for the earlier run's state in the input's payload. The input
// thus stays unchanged for other readers, and a codec for payloads encrypts the state too.
const carriedKey = "latch-carried"

// asNew returns the error that ends a workflow function to continue as new, with the same
// arguments and the state.
func (s *session) asNew(ctx workflow.Context, name string, input converter.RawValue, others ...converter.RawValue) error {
	payload := input.Payload()
	metadata := map[string][]byte{}
	maps.Copy(metadata, payload.GetMetadata())
	metadata[carriedKey] = s.link.next
	arguments := []any{converter.NewRawValue(&commonpb.Payload{Metadata: metadata, Data: payload.GetData()})}
	for _, other := range others {
		if other.Payload() == nil {
			arguments = append(arguments, nil)
			continue
		}
		arguments = append(arguments, other)
	}
	return workflow.NewContinueAsNewError(ctx, name, arguments...)
}

// carriedInto returns the state from an earlier run of the chain, or nil in the first run. It
// only accepts state from an earlier run: nobody else may claim that something was admitted.
func carriedInto(ctx workflow.Context, input converter.RawValue) (*protocol.State, error) {
	packed, left := input.Payload().GetMetadata()[carriedKey]
	if !left || workflow.GetInfo(ctx).ContinuedExecutionRunID == "" {
		return nil, nil
	}
	state, err := protocol.UnpackCarried(packed)
	if err == nil && state.First != workflow.GetInfo(ctx).FirstRunID {
		err = errors.New("it is another run's") // for example a run that is retried
	}
	if err != nil {
		return nil, invalidSpec(latch.Problems{{Message: "what the earlier run left cannot be read: " + err.Error()}})
	}
	return state, nil
}
