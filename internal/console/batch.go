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

// A batch is what was done about deliveries that were sent again together. It
// stands in the address of the page that follows them, so that any process of this
// console shows it.
type batch struct {
	// Started are those that were started, by their ids without the prefix.
	Started []startedAgain `json:"s,omitempty"`
	// Rest are the others.
	Rest []notStarted `json:"r,omitempty"`
}

// A startedAgain is a delivery of which a redelivery was started.
type startedAgain struct {
	ID string `json:"i"`
	// Redelivery is which one, where it is not the first.
	Redelivery int `json:"n,omitempty"`
}

// A notStarted is a delivery that was skipped, or could not be started.
type notStarted struct {
	ID      string `json:"i"`
	Webhook string `json:"w,omitempty"`
	Event   string `json:"e,omitempty"`
	// Reason is why it was skipped, Error why it could not be started.
	Reason string `json:"r,omitempty"`
	Error  string `json:"x,omitempty"`
}

// Bounds of a batch in an address, in bytes.
const (
	maximumBatch      = 128 << 10 // once it is decompressed
	maximumBatchError = 160
)

// batchOf returns what an address has to say of what was done.
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

// encode returns the batch as an address bears it.
func (b batch) encode() string {
	encoded, err := json.Marshal(b)
	if err != nil {
		return "" // texts and numbers encode
	}
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		return "" // the level is one
	}
	_, _ = w.Write(encoded) // a buffer takes everything
	_ = w.Close()
	return base64.RawURLEncoding.EncodeToString(packed.Bytes())
}

// decodeBatch reads what encode wrote; false for any other text.
func decodeBatch(text string) (b batch, ok bool) {
	packed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return b, false
	}
	encoded, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), maximumBatch))
	return b, err == nil && json.Unmarshal(encoded, &b) == nil
}
