package delivery

import (
	"fmt"
	"strconv"

	"github.com/latch-run/latch/internal/signature"
)

// sign adds the headers of Standard Webhooks, over the body as it is sent.
func (d *draft) sign() error {
	if err := setHeader(d.header, "Webhook-Id", d.DeliveryID); err != nil {
		return err
	}
	d.header.Set("Webhook-Timestamp", strconv.FormatInt(d.now.Unix(), 10))
	if d.Webhook.Secret == "" {
		return nil
	}
	keys := d.secrets.of(d.Webhook.Secret).Keys()
	if len(keys) == 0 {
		return fmt.Errorf("secret %q is PEM and cannot sign; an ed25519 key that signs begins with whsk_", d.Webhook.Secret)
	}
	message := signature.Message{ID: d.DeliveryID, Timestamp: d.now.Unix(), Body: d.body}
	d.header.Set("Webhook-Signature", message.Sign(keys))
	return nil
}
