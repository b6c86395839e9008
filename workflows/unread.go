package workflows

import (
	"slices"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch/internal/protocol"
)

// Signals that come while a run is about to go on as a new one are not taken any more:
// each could cost a decision, and while they come faster than that the run would never
// end. The next run takes them first, as if they had come to it.

// unread are the signals that were received and not taken, in their order of each name.
type unread []protocol.SignalState

// next removes the first signal of a name.
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

// add adds a signal.
func (u *unread) add(name string, argument converter.RawValue) {
	*u = append(*u, protocol.SignalState{Name: name, Data: payloadJSON(argument)})
}

func (u unread) carried() []protocol.SignalState { return u }

func takenOver(carried []protocol.SignalState) unread { return carried }

// listen takes the signals of a name: first those that an earlier run left.
func (s *session) listen(ctx workflow.Context, m message) {
	s.takeUnread(ctx, m)
	for channel := workflow.GetSignalChannel(ctx, m.name); ; {
		var argument converter.RawValue
		channel.Receive(ctx, &argument)
		if !s.link.holds {
			s.takeSignal(ctx, m, argument)
			continue
		}
		s.unread.add(m.name, argument)
		s.takeUnread(ctx, m)
	}
}

// takeUnread takes the signals of a name that were received, once the run takes any.
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

// receiveUnread receives the signals that have come, for the next run.
func (s *session) receiveUnread(ctx workflow.Context) {
	for _, m := range s.messages() {
		channel := workflow.GetSignalChannel(ctx, m.name)
		for {
			var argument converter.RawValue
			if !channel.ReceiveAsync(&argument) {
				break
			}
			s.unread.add(m.name, argument)
		}
	}
}
