package workflows

import (
	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// Streams are the deliveries of a run, by webhook, in the order in which their events fired
// (contract, "Sequence").
type streams struct {
	all       []*stream
	byWebhook map[string]*stream
}

// A stream holds the deliveries of a run to one webhook.
type stream struct {
	// newest is the newest delivery.
	newest protocol.StreamState
	// unsettled are the hooks whose deliveries have not ended, in their order. Some of the
	// first ones may have ended.
	unsettled []*hook
	// attended reports that a coroutine gives the waiting ones their turns.
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

// number gives the record of a delivery the next number.
func (s *stream) number(record *latch.Record) {
	record.Sequence, record.PreviousID = s.newest.Sequence+1, s.newest.DeliveryID
	s.newest.Sequence, s.newest.DeliveryID = record.Sequence, record.DeliveryID
}

// carried returns the state from which the next run of the chain continues counting.
func (s *streams) carried() []protocol.StreamState {
	carried := make([]protocol.StreamState, len(s.all))
	for i, stream := range s.all {
		carried[i] = stream.newest
	}
	return carried
}

// takeOver continues counting where the earlier run of the chain ended.
func (s *streams) takeOver(carried []protocol.StreamState) {
	for _, newest := range carried {
		s.of(newest.Webhook).newest = newest
	}
}
