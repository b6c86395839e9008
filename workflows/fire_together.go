package workflows

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch/internal/protocol"
)

// fireEnds fires the final events of a job. A run that an earlier version admitted fires one after
// the other.
func (s *session) fireEnds(ctx workflow.Context, ends []occasion, webhooks []protocol.AttachedWebhook) error {
	if s.admission.EndsTogether {
		return s.fireTogether(ctx, ends, webhooks)
	}
	for _, end := range ends {
		if _, err := s.fire(ctx, end, webhooks); err != nil {
			return err
		}
	}
	return nil
}

// fireTogether is fire for events that fire at the same moment: their first attempts share
// volleys.
func (s *session) fireTogether(ctx workflow.Context, occasions []occasion, webhooks []protocol.AttachedWebhook) error {
	var begun []func() bool
	for _, o := range occasions {
		f, err := s.ready(ctx, o, webhooks)
		if err != nil {
			return err
		}
		begun = append(begun, f.dispatch())
	}
	return workflow.Await(disconnect(ctx), func() bool {
		return !slices.ContainsFunc(begun, func(one func() bool) bool { return !one() })
	})
}
