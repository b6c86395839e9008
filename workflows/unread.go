package workflows

import (
	"slices"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch/internal/protocol"
)

// While a run is about to continue as new, it takes no more signals: each could cost a
// decision, and if they arrive faster than the run decides, it would never end. The next run
// takes them first, as if it had received them.

// unread holds the signals that were received but not taken, in order, by name.
type unread []protocol.SignalState

// next removes the first signal with a name.
func (u *unread) next(name string) (converter.RawValue, bool) {
	i := slices.IndexFunc(*u, func(s protocol.SignalState) bool { return s.Name == name })
	if i < 0 {
		return converter.RawValue{}, false
	}
	data := (*u)[i].Data
	*u = slices.Delete(*u, i, i+1)
	return converter.NewRawValue(&commonpb.Payload{
		Metadata: map[string][]byte{converter.MetadataEncoding: []byte(converter.MetadataEncodingJSON)}, Data: data}), true
}

func (u *unread) add(name string, argument converter.RawValue) {
	*u = append(*u, protocol.SignalState{Name: name, Data: payloadJSON(argument)})
}

func (u unread) carried() []protocol.SignalState { return u }

func takenOver(carried []protocol.SignalState) unread { return carried }

// takeUnread takes the received signals with a name, once the run takes signals.
func (s *session) takeUnread(ctx workflow.Context, m message) {
	for {
		if s.link.holds {
			await(ctx, func() bool { return !s.link.holds })
		}
		argument, is := s.unread.next(m.name)
		if !is {
			return
		}
		s.takeSignal(ctx, m, argument)
		if s.link.full && len(s.unread) == 0 {
			s.link.full, s.link.able = false, true
		}
	}
}

// receiveUnread receives the signals that have arrived, for the next run.
func (s *session) receiveUnread(ctx workflow.Context) {
	for _, m := range s.messages() {
		channel := workflow.GetSignalChannel(ctx, m.name)
		for {
			var argument converter.RawValue
			if !channel.ReceiveAsync(&argument) {
				break
			}
			s.hold(ctx, m, argument)
		}
	}
}

// hold keeps a signal for the next run. One that is too large is refused at once: it would only
// take room there.
func (s *session) hold(ctx workflow.Context, m message, argument converter.RawValue) {
	if len(payloadJSON(argument)) > maximumMessage {
		s.takeSignal(ctx, m, argument)
		return
	}
	s.unread.add(m.name, argument)
}
