package protocol

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
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

// TagMore is the value of the search attribute that lists a run's webhooks if not all of them fit
// into it. No webhook has such an id.
const TagMore = ":more"

// maximumTags bounds the search attribute in bytes of JSON: Temporal terminates a run that sets one
// of more than 2 KiB.
const maximumTags = 2000

// WebhookTags returns the values of the search attribute that lists a run's webhooks. If they do not
// fit into it, it has the ids rather than their events, and [TagMore].
func WebhookTags(webhooks ...latch.Webhook) []string {
	var ids, events []string
	for i := range webhooks {
		if !webhooks[i].IsEnabled() {
			continue
		}
		ids = append(ids, webhooks[i].ID)
		for _, settings := range webhooks[i].EventSettings() {
			events = append(events, webhooks[i].ID+":"+settings.Event)
		}
	}
	slices.Sort(ids)
	slices.Sort(events)
	tags := append(slices.Compact(ids), slices.Compact(events)...)
	if fit := fitting(tags); fit < len(tags) {
		return append(tags[:fit:fit], TagMore)
	}
	slices.Sort(tags)
	return tags
}

// fitting returns how many of the first tags fit into the search attribute beside [TagMore].
func fitting(tags []string) int {
	room := maximumTags - len(TagMore)
	for i, tag := range tags {
		encoded, err := json.Marshal(tag) // as the SDK encodes search attributes
		if room -= len(encoded) + len(","); err != nil || room < 0 {
			return i
		}
	}
	return len(tags)
}
