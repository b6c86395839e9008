package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
)

// A control is a request to stop the run or to roll it back.
type control struct {
	decision string
	latch.Control
	// identifiedBy says how the name of who requested it is known.
	identifiedBy string
	// taken reports that the run has begun to act on the request.
	taken bool
}

// pending reports whether there is a request that the run has not begun to act on.
func (c *control) pending() bool { return c != nil && !c.taken }

// by returns who requested it, at an event.
func (c *control) by(event string) latch.DecidedBy {
	return latch.DecidedBy{Event: event, By: c.By, IdentifiedBy: c.identifiedBy}
}

func (c *control) describe() string {
	verb := map[string]string{latch.Stop: "stopped", latch.Rollback: "rolled back"}[c.decision]
	if c.By != "" {
		verb += " by " + c.By
	}
	if c.Reason != "" {
		verb += ": " + c.Reason
	}
	return verb
}

func (s *session) checkControl(name string) func([]byte, sender) error {
	decision := map[string]string{latch.MessageStop: latch.Stop, latch.MessageRollback: latch.Rollback}[name]
	return func(data []byte, _ sender) error {
		var given latch.Control
		if err := given.Decode(data); err != nil {
			return invalidArgument(err)
		}
		if err := s.subject.mayControl(name); err != nil {
			return invalidArgument(err)
		}
		return s.mayTake(decision)
	}
}

// mayTake refuses a request that comes too late. The first one wins, except that a rollback
// replaces a stop that has not been acted on.
func (s *session) mayTake(decision string) error {
	switch {
	case s.settled:
		return refusal(latch.ErrorTooLate, "%s is %s: its outcome is decided", s.subject.id(), s.subject.status())
	case s.control == nil:
		return nil
	case s.control.pending() && s.control.decision == latch.Stop && decision == latch.Rollback:
		return nil
	default:
		return refusal(latch.ErrorTooLate, "the run is already being %s", s.control.describe())
	}
}

func (s *session) takeControl(decision string) func(workflow.Context, []byte, sender) (any, error) {
	return func(_ workflow.Context, data []byte, from sender) (any, error) {
		var given latch.Control
		if err := given.Decode(data); err != nil {
			return nil, invalidArgument(err)
		}
		if err := s.mayTake(decision); err != nil {
			return nil, err
		}
		s.control = &control{decision: decision, Control: given, identifiedBy: from.knows(given.By)}
		s.show()
		return s.snapshot(), nil
	}
}
