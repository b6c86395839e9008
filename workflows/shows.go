package workflows

import (
	"slices"

	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/vars"
)

// shows returns what the hook's lock shows, for its digest.
func (h *hook) shows() *protocol.WebhookRequest {
	needed := slices.Concat(vars.Shown(), neededByDelivery(h.webhook, h.settings))
	return &protocol.WebhookRequest{Webhook: h.webhook.At(h.settings), Event: h.settings, DeliveryID: h.firing.deliveryID(h.webhook.ID),
		ParentLog: h.firing.session.started.UnixMilli(), Variables: h.variables(needed)}
}
