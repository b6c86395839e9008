package trial

import (
	"crypto/rand"
	"encoding/base64"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// DeliveryPrefix begins the ids of deliveries that no run fired.
const DeliveryPrefix = latch.PrefixDeliveryID + "test_"

// Request returns the delivery that the hook would send, with a new id. If the
// hook blocks, the delivery has a lock for which nothing waits; lockURL returns
// the link to a lock.
func (h *Hook) Request(variables Variables, lockURL func(lock string) string) (*protocol.WebhookRequest, error) {
	chance := make([]byte, 9)
	rand.Read(chance) // never fails
	random := base64.RawURLEncoding.EncodeToString(chance)
	request := &protocol.WebhookRequest{Webhook: *h.Webhook, Event: h.Settings, ParentLog: time.Now().UnixMilli(), DeliveryID: DeliveryPrefix + random, Sequence: 1}
	request.Webhook.Event, request.Webhook.Events = "", nil
	if h.Settings.Blocking {
		request.Lock = h.WorkflowID() + ":" + h.Webhook.ID + ":" + random
		request.LockURL = lockURL(request.Lock)
	}
	var err error
	request.Variables, err = variables.Encode()
	return request, err
}
