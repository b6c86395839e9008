package workflows

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/protocol"
)

// placeOf returns the task queue of a delivery's attempts, or "" for the run's own, and their
// place in it. Temporal distributes a task queue's workers among the fairness keys.
func placeOf(ctx workflow.Context, send protocol.Send) (queue string, place temporal.Priority) {
	webhook := &send.Request.Webhook
	if !send.Rated {
		return "", temporal.Priority{FairnessKey: endpointKey(webhook)}
	}
	return protocol.RateQueue(workflow.GetInfo(ctx).TaskQueueName),
		temporal.Priority{FairnessKey: rateKey(webhook), FairnessWeight: float32(webhook.PerSecond())}
}

// maximumFairnessKey is Temporal's limit, in bytes.
const maximumFairnessKey = 64

// endpointKey returns the fairness key of the endpoint. Temporal's task queue distributes its
// workers among the keys, and limits the rate of each if an operator has configured that. If
// only the worker knows the URL, the webhook's id is used.
func endpointKey(webhook *latch.Webhook) string {
	_, rest, found := strings.Cut(webhook.URL, "://")
	host := rest
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		host = rest[:end]
	}
	if !found || host == "" || strings.Contains(host, "${") {
		host = webhook.ID
	}
	return excerpt.Of(strings.ToLower(host), maximumFairnessKey-len("…"))
}

// shortHash is how many bytes of a hash distinguish keys that are too long.
const shortHash = 8

// rateKey returns the fairness key of the webhook at its endpoint: deliveries with the same key
// share a rate. A key that is too long ends with a hash, since two webhooks must not share one
// by accident.
func rateKey(webhook *latch.Webhook) string {
	key := endpointKey(webhook) + "/" + webhook.ID
	if len(key) <= maximumFairnessKey {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	hash := hex.EncodeToString(sum[:shortHash])
	return excerpt.Of(key, maximumFairnessKey-len(hash)-len("…")) + hash
}
