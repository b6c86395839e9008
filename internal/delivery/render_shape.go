package delivery

import (
	"errors"
	"fmt"
)

// maximumDeliveryID bounds a delivery's id, in bytes.
const maximumDeliveryID = 200

// checkShape applies admission's rules about a webhook's request. The webhooks of a run have
// passed them already. A request given directly to the activity has not, and could otherwise
// contain a forged signature, lock or Host.
func (d *draft) checkShape() error {
	if !isDeliveryID(d.DeliveryID) {
		return fmt.Errorf("delivery_id: %.60q is not the id of a delivery, which has at most %d letters, digits, - and _", d.DeliveryID, maximumDeliveryID)
	}
	if d.PreviousID != "" && !isDeliveryID(d.PreviousID) {
		return fmt.Errorf("previous_id: %.60q is not the id of a delivery", d.PreviousID)
	}
	if d.Sequence < 0 {
		return fmt.Errorf("sequence: %d is not the number of a delivery, which counts from 1", d.Sequence)
	}
	if problems := d.Webhook.ValidateRequest(); len(problems) > 0 {
		return errors.New(problems.Error())
	}
	return nil
}

// isDeliveryID reports whether the text can be a webhook-id. A full stop would make one
// signature valid for another message (Standard Webhooks, "Signature scheme").
func isDeliveryID(text string) bool {
	for i := range len(text) {
		c := text[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return text != "" && len(text) <= maximumDeliveryID
}
