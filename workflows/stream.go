package workflows

import (
	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// Streams are the deliveries of a run, webhook by webhook, in the order in which
// their events fired (contract, "Sequence").
type streams struct {
	all       []*stream
	byWebhook map[string]*stream
}

// A stream is the deliveries of a run to one webhook.
type stream struct {
	// newest is the newest delivery.
	newest protocol.StreamState
	// unsettled are the hooks whose deliveries have not ended, in their order;
	// some of those in front may have.
	unsettled []*hook
	// attended reports that a coroutine gives those that wait their turns.
	attended bool
}

// of returns the stream of a webhook.
func (s *streams) of(webhook string) *stream {
	if known := s.byWebhook[webhook]; known != nil {
		return known
	}
	if s.byWebhook == nil {
		s.byWebhook = map[string]*stream{}
	}
	added := &stream{newest: protocol.StreamState{Webhook: webhook}}
	s.all, s.byWebhook[webhook] = append(s.all, added), added
	return added
}

// number gives the record of a delivery its place, after all that came before.
func (s *stream) number(record *latch.Record) {
	record.Sequence, record.PreviousID = s.newest.Sequence+1, s.newest.DeliveryID
	s.newest.Sequence, s.newest.DeliveryID = record.Sequence, record.DeliveryID
}

// carried returns what the next run of the chain goes on counting from.
func (s *streams) carried() []protocol.StreamState {
	carried := make([]protocol.StreamState, len(s.all))
	for i, stream := range s.all {
		carried[i] = stream.newest
	}
	return carried
}

// takeOver goes on counting where the earlier run of the chain ended.
func (s *streams) takeOver(carried []protocol.StreamState) {
	for _, newest := range carried {
		s.of(newest.Webhook).newest = newest
	}
}
