package protocol

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/latch-run/latch"
)

// chanceBytes is how much of an origin's hash stands in a delivery id.
const chanceBytes = 11

// DeliveryID makes a delivery's id of the run's id, which [RunOf] reads from
// it, and of the origin, which no other delivery of the run has.
func DeliveryID(runID, origin string) string {
	run, err := uuid.Parse(runID)
	if err != nil { // as in the SDK's test environment
		run = uuid.NewSHA1(uuid.NameSpaceOID, []byte(runID))
	}
	sum := sha256.Sum256([]byte(origin))
	return latch.PrefixDeliveryID + base64.RawURLEncoding.EncodeToString(append(run[:], sum[:chanceBytes]...))
}

// WatchDeliveryID makes the id of the delivery by which a webhook is told of a run
// that a watch has found. However often the run should be found, and by whichever
// run of Latch's it is told, the id is the same. [RunOf] reads nothing from it.
func WatchDeliveryID(watch, runID, webhook string) string {
	sum := sha256.Sum256([]byte(watch + "\x00" + runID + "\x00" + webhook))
	return latch.PrefixDeliveryID + base64.RawURLEncoding.EncodeToString(sum[:18])
}

// RunOf returns the id of the run that a delivery belongs to. It is false for an
// id without one: that of a watch's delivery, or one made by an earlier version.
func RunOf(deliveryID string) (runID string, ok bool) {
	encoded, ok := strings.CutPrefix(deliveryID, latch.PrefixDeliveryID)
	decoded, err := base64.RawURLEncoding.DecodeString(encoded)
	if !ok || err != nil || len(decoded) != len(uuid.UUID{})+chanceBytes {
		return "", false
	}
	return uuid.UUID(decoded[:len(uuid.UUID{})]).String(), true
}

// WebhookTags are the values of the search attribute with a run's webhooks.
func WebhookTags(webhooks ...latch.Webhook) []string {
	var tags []string
	for i := range webhooks {
		if !webhooks[i].IsEnabled() {
			continue
		}
		tags = append(tags, webhooks[i].ID)
		for _, settings := range webhooks[i].EventSettings() {
			tags = append(tags, webhooks[i].ID+":"+settings.Event)
		}
	}
	slices.Sort(tags)
	return slices.Compact(tags)
}
