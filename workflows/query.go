package workflows

import (
	"fmt"
	"strings"

	"go.temporal.io/sdk/converter"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/verdict"
)

func (s *session) queryHistory(argument converter.RawValue) ([]latch.Record, error) {
	var query latch.HistoryQuery
	if err := query.Decode(payloadJSON(argument)); err != nil {
		return nil, fmt.Errorf("query history: %s", strings.ToValidUTF8(err.Error(), "\uFFFD"))
	}
	return s.history.list(query)
}

// state answers the query for the run's state, for the run that reports its end.
func (s *session) state() (protocol.RunState, error) {
	if !s.prepared {
		return protocol.RunState{}, nil
	}
	packed, err := protocol.PackCarried(s.carried())
	return protocol.RunState{Admitted: true, Packed: packed}, err
}

// sent answers the query for what was sent for a delivery.
func (s *session) sent(id string) protocol.Sent {
	for _, firing := range s.firings {
		for _, hook := range firing.hooks {
			if hook.record != nil && hook.record.DeliveryID == id {
				if sent := hook.sent(); sent.Send != nil {
					return sent
				}
			}
		}
	}
	return protocol.Sent{}
}

// sentOf answers the query for what was sent for many deliveries.
func (s *session) sentOf(ids []string) []protocol.Sent {
	wanted := make(map[string]bool, len(ids))
	for _, id := range ids {
		wanted[id] = true
	}
	found, room := []protocol.Sent{}, protocol.MaximumSentOf
	for _, firing := range s.firings {
		for _, hook := range firing.hooks {
			if hook.record == nil || !wanted[hook.record.DeliveryID] {
				continue
			}
			sent := hook.sent()
			if sent.Send == nil {
				continue
			}
			if room -= len(rawjson.Encode(sent)); room < 0 && len(found) > 0 {
				return found
			}
			found = append(found, sent)
		}
	}
	return found
}

// sent returns what was sent for the hook's delivery, without a Send if it was not sent.
func (h *hook) sent() protocol.Sent {
	send := h.attempt.send
	if send == nil || send.Request.DeliveryID != h.record.DeliveryID {
		return protocol.Sent{}
	}
	return protocol.Sent{Send: send, UnderWay: h.state == verdict.UnderWay && h.record.HandedTo == ""}
}
