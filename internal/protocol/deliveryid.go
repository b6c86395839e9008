package protocol

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/latch-run/latch"
)

// chanceBytes is how many bytes of the origin's hash are part of a delivery id.
const chanceBytes = 11

// DeliveryID returns a delivery's id, made from the run's id, which [RunOf] extracts again, and
// from the origin, which is unique in the run.
func DeliveryID(runID, origin string) string {
	run, err := uuid.Parse(runID)
	if err != nil { // as in the SDK's test environment
		run = uuid.NewSHA1(uuid.NameSpaceOID, []byte(runID))
	}
	sum := sha256.Sum256([]byte(origin))
	return latch.PrefixDeliveryID + base64.RawURLEncoding.EncodeToString(append(run[:], sum[:chanceBytes]...))
}

// WatchDeliveryID returns the id of the delivery that reports a run found by a watch to a
// webhook. The id stays the same, however often the run is found and whichever of Latch's runs
// reports it. [RunOf] extracts nothing from it.
func WatchDeliveryID(watch, runID, webhook string) string {
	sum := sha256.Sum256([]byte(watch + "\x00" + runID + "\x00" + webhook))
	return latch.PrefixDeliveryID + base64.RawURLEncoding.EncodeToString(sum[:18])
}

// RunOf returns the id of the run that a delivery belongs to. It returns false for an id
// without one: that of a watch's delivery, or one made by an earlier version.
func RunOf(deliveryID string) (runID string, ok bool) {
	encoded, ok := strings.CutPrefix(deliveryID, latch.PrefixDeliveryID)
	decoded, err := base64.RawURLEncoding.DecodeString(encoded)
	if !ok || err != nil || len(decoded) != len(uuid.UUID{})+chanceBytes {
		return "", false
	}
	return uuid.UUID(decoded[:len(uuid.UUID{})]).String(), true
}

// WebhookTags returns the values of the search attribute that lists a run's webhooks.
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
