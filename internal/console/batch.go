package console

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/json"
	"io"
	"strings"

	"github.com/latch-run/latch"
	dlv "github.com/latch-run/latch/internal/deliveries"
	"github.com/latch-run/latch/internal/excerpt"
)

// A batch is the result of redelivering several deliveries at once. The address
// of the page that follows them contains it, so that any process of this
// console can show that page.
type batch struct {
	// Started lists the redeliveries that were started.
	Started []startedAgain `json:"s,omitempty"`
	// Rest lists the deliveries for which none was started.
	Rest []notStarted `json:"r,omitempty"`
}

// A startedAgain is a delivery for which a redelivery was started.
type startedAgain struct {
	ID string `json:"i"`
	// Redelivery is the redelivery's number; 0 means the first.
	Redelivery int `json:"n,omitempty"`
}

// A notStarted is a delivery that was skipped, or could not be started.
type notStarted struct {
	ID      string `json:"i"`
	Webhook string `json:"w,omitempty"`
	Event   string `json:"e,omitempty"`
	// Reason says why it was skipped, Error why it could not be started.
	Reason string `json:"r,omitempty"`
	Error  string `json:"x,omitempty"`
}

// Bounds of a batch in an address, in bytes.
const (
	maximumBatch      = 128 << 10 // after decompression
	maximumBatchError = 160
)

// batchOf returns the part of a result that an address contains.
func batchOf(done *dlv.BulkRedelivery) batch {
	var b batch
	for i := range done.Deliveries {
		each := &done.Deliveries[i]
		id := strings.TrimPrefix(each.DeliveryID, latch.PrefixDeliveryID)
		if each.Outcome != dlv.OutcomeStarted {
			b.Rest = append(b.Rest, notStarted{id, each.Webhook, each.Event, each.Reason, excerpt.Of(each.Error, maximumBatchError)})
			continue
		}
		started := startedAgain{ID: id}
		if each.Redelivery > 1 {
			started.Redelivery = each.Redelivery
		}
		b.Started = append(b.Started, started)
	}
	return b
}

// encode returns the batch as a part of an address.
func (b batch) encode() string {
	encoded, err := json.Marshal(b)
	if err != nil {
		return "" // strings and numbers always encode
	}
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		return "" // the level is valid
	}
	_, _ = w.Write(encoded) // a buffer never fails
	_ = w.Close()
	return base64.RawURLEncoding.EncodeToString(packed.Bytes())
}

// decodeBatch reads the result of encode; ok is false for any other text.
func decodeBatch(text string) (b batch, ok bool) {
	packed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return b, false
	}
	encoded, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), maximumBatch))
	return b, err == nil && json.Unmarshal(encoded, &b) == nil
}
