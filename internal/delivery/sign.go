package delivery

import (
	"fmt"
	"strconv"

	"github.com/latch-run/latch/internal/signature"
)

// These headers give the delivery's position among those of its run and webhook (contract,
// "Sequence"). The signature does not cover them; the default body contains the same values.
const (
	sequenceHeader   = "Webhook-Sequence"
	previousIDHeader = "Webhook-Previous-Id"
)

// sign adds the headers of Standard Webhooks, over the body that is sent, and those of the
// delivery's position.
func (d *draft) sign() error {
	if err := d.header.set("Webhook-Id", d.DeliveryID); err != nil {
		return err
	}
	if d.Sequence > 0 {
		d.header.put(sequenceHeader, strconv.Itoa(d.Sequence))
	}
	if d.PreviousID != "" {
		if err := d.header.set(previousIDHeader, d.PreviousID); err != nil {
			return err
		}
	}
	d.header.put("Webhook-Timestamp", strconv.FormatInt(d.now.Unix(), 10))
	if d.Webhook.Secret == "" {
		return nil
	}
	keys := d.secrets.of(d.Webhook.Secret).Keys()
	if len(keys) == 0 {
		return fmt.Errorf("secret %q is PEM and cannot sign; an ed25519 key that signs begins with whsk_", d.Webhook.Secret)
	}
	message := signature.Message{ID: d.DeliveryID, Timestamp: d.now.Unix(), Body: d.body}
	d.header.put("Webhook-Signature", message.Sign(keys))
	return nil
}
