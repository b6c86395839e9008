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

// A run whose history grows long goes on as a new one under the same workflow id,
// where Temporal suggests it: they are the links of a chain. Whoever speaks to it by
// its workflow id notices nothing.

// maximumInput bounds, in bytes, what the next run of a chain is started with.
// Temporal takes 2 MiB.
const maximumInput = 1900 << 10

// errContinues is what waits return where the run is to go on as a new one. What
// returns it must not wait for anything any more.
var errContinues = errors.New("the run continues as a new one")

// A link is what a run knows of its chain.
type link struct {
	// able reports that the subject can go on as a new run.
	able bool
	// since is the change by which it can where the run is now.
	since string
	// beside reports that several events are waited for beside each other. Then what
	// waits for all of them has the run go on as a new one.
	beside bool
	// given is the size of the run's arguments, in bytes, which the next one gets too.
	given int
	// down reports that deliveries are kept for the next run instead of being sent.
	down bool
	// holds reports that signals are kept for the next run instead of being taken,
	// so that no flood of them holds the run back.
	holds bool
	// full reports that the run cannot go on before the signals it kept are taken.
	full bool
	// next is the state that the next run takes over.
	next []byte
}

// due reports whether the run should go on as a new one as soon as it can.
func (s *session) due(ctx workflow.Context) bool {
	return s.link.able && ctx.Err() == nil && !s.control.pending() && workflow.GetInfo(s.detached).GetContinueAsNewSuggested()
}

// continues prepares the next run where it is due, between two pieces of work. Its
// error is errContinues: then the caller must let the run end.
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

// continuesAtEnd is continues once the run's outcome is decided: what comes then is
// not told that the run was cancelled.
func (s *session) continuesAtEnd(ctx workflow.Context) error {
	s.link.since = continuesLate
	return s.continues(disconnect(ctx))
}

// leaves takes the deliveries under way down where a new run is due.
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

// mayLeave reports whether a wait has something to do for the next run: to take
// deliveries down, or to end.
func (s *session) mayLeave(ctx workflow.Context) bool {
	return s.due(ctx) && (!s.link.down || s.quiet(ctx))
}

// quiet reports whether every message that has come is answered.
func (s *session) quiet(ctx workflow.Context) bool {
	return s.signalsUnderWay == 0 && workflow.AllHandlersFinished(ctx)
}

// takeDown ends the deliveries under way between two attempts and keeps them. An
// attempt that is being made is let finish, and volleys are.
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

// takeUp goes on with the deliveries that were taken down, in this run or in the
// next.
func (s *session) takeUp() {
	s.link.down, s.link.holds = false, false
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

// keepFor keeps a delivery for when it is taken up.
func (h *hook) keepFor(resume protocol.Delivery, outcome protocol.Outcome) {
	h.kept = &resume
	if outcome.Attempts > 0 {
		h.takenDown(outcome)
	}
}

// pack prepares the next run's state. A run whose state is too large for Temporal
// goes on as it is: its history has room for many times what made it due. If it has kept
// signals, it takes them first and then tries again.
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

// carriedKey names the state of the earlier run in the metadata of the input's
// payload: so the input stays as it was for whoever reads it, and whatever encrypts
// payloads encrypts the state too.
const carriedKey = "latch-carried"

// asNew returns the error with which a workflow function ends a run that goes on as
// a new one, with the same arguments and the state.
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

// carriedInto returns what an earlier run of the chain left; nil in the first. It
// counts from an earlier run alone: nobody else may say that something was admitted.
func carriedInto(ctx workflow.Context, input converter.RawValue) (*protocol.State, error) {
	packed, left := input.Payload().GetMetadata()[carriedKey]
	if !left || workflow.GetInfo(ctx).ContinuedExecutionRunID == "" {
		return nil, nil
	}
	state, err := protocol.UnpackCarried(packed)
	if err == nil && state.First != workflow.GetInfo(ctx).FirstRunID {
		err = errors.New("it is another run's") // such as one that is given to a run that is retried
	}
	if err != nil {
		return nil, invalidSpec(latch.Problems{{Message: "what the earlier run left cannot be read: " + err.Error()}})
	}
	return state, nil
}
