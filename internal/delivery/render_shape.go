package delivery

import (
	"errors"
	"fmt"
)

// maximumDeliveryID bounds a delivery's id, in bytes.
const maximumDeliveryID = 200

// checkShape holds a delivery to the rules by which admission takes a webhook,
// as far as they are about the request. A run's webhooks have passed them; what
// somebody hands to the activity by himself has passed nothing, and could else
// bear a signature, a lock or a Host of its own making.
func (d *draft) checkShape() error {
	if !isDeliveryID(d.DeliveryID) {
		return fmt.Errorf("delivery_id: %.60q is not the id of a delivery, which has at most %d letters, digits, - and _", d.DeliveryID, maximumDeliveryID)
	}
	if problems := d.Webhook.ValidateRequest(); len(problems) > 0 {
		return errors.New(problems.Error())
	}
	return nil
}

// isDeliveryID reports whether the text can be a webhook-id. A full stop would
// let one signature stand for another message (Standard Webhooks, "Signature
// scheme").
func isDeliveryID(text string) bool {
	for i := range len(text) {
		c := text[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return text != "" && len(text) <= maximumDeliveryID
}
