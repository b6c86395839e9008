package workflows

import (
	"slices"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"
)

// A run takes signals in coroutines, one for each name, since taking one may wait. All of them run
// whenever anything happens, which costs a run of a few milliseconds a fifteenth of its worker's
// time. Most runs get no signal, so that they begin with the first one.

// listenLater listens once a first signal has arrived.
func (s *session) listenLater() {
	workflow.GoNamed(s.detached, "signals", func(ctx workflow.Context) {
		await(ctx, func() bool { return s.listens || s.signalWaits(ctx) })
		s.listen()
	})
}

// signalWaits reports whether a signal has arrived that is not received.
func (s *session) signalWaits(ctx workflow.Context) bool {
	return slices.ContainsFunc(s.messages(), func(m message) bool { return workflow.GetSignalChannel(ctx, m.name).Len() > 0 })
}

// listen takes signals from now on, if it does not yet.
func (s *session) listen() {
	if s.listens {
		return
	}
	s.listens = true
	for _, m := range s.messages() {
		s.listenTo(m)
	}
}

// listenTo takes the signals with a name: first those from an earlier run.
func (s *session) listenTo(m message) {
	workflow.GoNamed(s.detached, "signal "+m.name, func(ctx workflow.Context) {
		s.takeUnread(ctx, m)
		for channel := workflow.GetSignalChannel(ctx, m.name); ; {
			var argument converter.RawValue
			channel.Receive(ctx, &argument)
			if !s.link.holds {
				s.takeSignal(ctx, m, argument)
				continue
			}
			s.hold(ctx, m, argument)
			s.takeUnread(ctx, m)
		}
	})
}
