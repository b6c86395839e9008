package deliveries

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"

	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/latch-run/latch"
)

// newestRecords keeps the newest of the added records, from a place on. It
// keeps one more than limit, to know whether there are more.
type newestRecords struct {
	limit   int
	from    *place
	records []latch.Record
}

func (n *newestRecords) add(records []latch.Record) {
	for i := range records {
		if n.from == nil || placeOf(&records[i]).compare(*n.from) > 0 {
			n.records = append(n.records, records[i])
		}
	}
	slices.SortFunc(n.records, func(a, b latch.Record) int {
		return cmp.Or(placeOf(&a).compare(placeOf(&b)), cmp.Compare(openness(&a), openness(&b)))
	})
	n.records = slices.CompactFunc(n.records, func(a, b latch.Record) bool { return placeOf(&a).compare(placeOf(&b)) == 0 })
	n.records = n.records[:min(len(n.records), n.limit+1)]
}

// openness sorts a record that its run left pending after later records of the
// same delivery.
func openness(record *latch.Record) int {
	if record.Result == latch.ResultPending {
		return 1
	}
	return 0
}

// part returns at most limit records, and the place where the next page begins,
// or nil if this is the last.
func (n *newestRecords) part() ([]latch.Record, *place) {
	if len(n.records) <= n.limit {
		return n.records, nil
	}
	records := n.records[:n.limit]
	last := placeOf(&records[n.limit-1])
	return records, &last
}

// settled reports whether no run after last in Temporal's list can have one of
// the newest records. The list has running runs first, then the most recently
// closed, and no record is newer than the end of its run.
func (n *newestRecords) settled(last *workflowpb.WorkflowExecutionInfo) bool {
	closed := last.GetCloseTime()
	return closed != nil && len(n.records) > n.limit && n.records[n.limit].StartedAt.After(closed.AsTime())
}

// A place is a position in the history, newest first, with a fixed order for
// records that began at the same time.
type place struct {
	At         latch.Time `json:"at"`
	DeliveryID string     `json:"delivery_id"`
	Redelivery int        `json:"redelivery,omitempty"`
	RunID      string     `json:"run_id"`
}

func placeOf(record *latch.Record) place {
	return place{At: record.StartedAt, DeliveryID: record.DeliveryID, Redelivery: record.Redelivery, RunID: record.RunID}
}

// compare returns a negative number if p comes before other.
func (p place) compare(other place) int {
	return cmp.Or(other.At.Compare(p.At.Time), cmp.Compare(other.Redelivery, p.Redelivery),
		strings.Compare(p.DeliveryID, other.DeliveryID), strings.Compare(p.RunID, other.RunID))
}

// encodeCursor encodes a cursor as an opaque text.
func encodeCursor(cursor any) string {
	encoded, err := json.Marshal(cursor)
	if err != nil {
		return "" // times and strings always encode
	}
	return base64.RawURLEncoding.EncodeToString(encoded)
}

// decodeCursor decodes the result of encodeCursor. It returns false for any
// other text.
func decodeCursor(text string, into any) bool {
	decoded, err := base64.RawURLEncoding.DecodeString(text)
	return err == nil && json.Unmarshal(decoded, into) == nil
}

func badCursor(text string) *RefusedError {
	return refused(Invalid, "cursor: %q is not the next_cursor of an earlier page.", text)
}
