package workflows

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/excerpt"
)

// maximumHistoryBytes bounds the records of a run as JSON (contract,
// "Records"). It leaves room for the rest of a result under Temporal's limit
// of 2 MiB.
const maximumHistoryBytes = 512 << 10

// A history is the records of a run, oldest first, kept in bounds.
type history struct {
	records []*latch.Record
	sizes   map[*latch.Record]int
	total   int
}

// add appends a record.
func (h *history) add(record latch.Record) *latch.Record {
	if h.sizes == nil {
		h.sizes = map[*latch.Record]int{}
	}
	added := &record
	h.records = append(h.records, added)
	h.sizes[added] = 0
	h.changed(added)
	return added
}

// changed measures a record anew and cuts what is oldest until all is in bounds.
func (h *history) changed(record *latch.Record) {
	if _, held := h.sizes[record]; !held {
		return // it was let go of
	}
	h.measure(record)
	for _, oldest := range h.records {
		if h.total < maximumHistoryBytes {
			return
		}
		if oldest.Tries != nil { // Attempts still counts them
			oldest.Tries = nil
			h.measure(oldest)
		}
	}
	for _, cut := range []func(*latch.Record) bool{cutBody, cutData, cutExchange} {
		for _, oldest := range h.records {
			if h.total < maximumHistoryBytes {
				return
			}
			if cut(oldest) {
				oldest.Truncated = true
				h.measure(oldest)
			}
		}
	}
	for h.total >= maximumHistoryBytes && h.dropOldestSettled() {
	}
}

func (h *history) measure(record *latch.Record) {
	encoded, err := json.Marshal(record)
	if err != nil {
		// Every part of a record came out of JSON.
		panic(fmt.Sprintf("latch: record %s: %v", record.DeliveryID, err))
	}
	h.total += len(encoded) + 1 - h.sizes[record]
	h.sizes[record] = len(encoded) + 1
}

func cutBody(record *latch.Record) bool {
	if record.Response == nil || record.Response.Body == "" {
		return false
	}
	response := *record.Response
	response.Body = ""
	record.Response = &response
	return true
}

func cutData(record *latch.Record) bool {
	kept := latch.Object{}
	for _, key := range latch.DecisiveKeys {
		if value, ok := record.Data[key]; ok && len(value) <= 64 {
			kept[key] = value
		}
	}
	cut := len(kept) < len(record.Data)
	record.Data = kept
	return cut
}

// cutExchange is for thousands of records: the exchange itself goes, what it
// came to stays.
func cutExchange(record *latch.Record) bool {
	const longText = 64
	if record.Request == nil && record.Response == nil && max(len(record.Error), len(record.Rule)) <= longText {
		return false
	}
	record.Request, record.Response = nil, nil
	for _, text := range []*string{&record.Error, &record.Rule} {
		if len(*text) > longText {
			*text = excerpt.Of(*text, longText)
		}
	}
	return true
}

// dropOldestSettled lets go of the oldest record that nothing waits for.
func (h *history) dropOldestSettled() bool {
	i := slices.IndexFunc(h.records, func(r *latch.Record) bool {
		return r.Result != latch.ResultPending && !r.Lock.Open()
	})
	if i < 0 || len(h.records) == 1 {
		return false
	}
	h.total -= h.sizes[h.records[i]]
	delete(h.sizes, h.records[i])
	h.records = slices.Delete(h.records, i, i+1)
	h.records[0].Truncated = true
	return true
}

// list returns copies of the records that the query asks for, oldest first.
func (h *history) list(query latch.HistoryQuery) ([]latch.Record, error) {
	records := h.records
	if query.After != "" {
		i := slices.IndexFunc(records, func(r *latch.Record) bool { return r.DeliveryID == query.After })
		if i < 0 {
			return nil, fmt.Errorf("after: no record has the delivery id %q", query.After)
		}
		records = records[i+1:]
	}
	listed := []latch.Record{}
	for _, record := range records {
		if !query.Takes(record) {
			continue
		}
		if query.Limit > 0 && len(listed) == query.Limit {
			break
		}
		listed = append(listed, *record)
	}
	return listed, nil
}

// all returns copies of all records.
func (h *history) all() []latch.Record {
	records := make([]latch.Record, len(h.records))
	for i, record := range h.records {
		records[i] = *record
	}
	return records
}

// forTemplates returns the records as templates see them, of one event of several
// or of all: a lock that is still open shows to nobody but its own receiver.
func (h *history) forTemplates(emission string) []latch.Record {
	seen := []latch.Record{}
	for _, record := range h.all() {
		if emission != "" && record.Emission != emission {
			continue
		}
		if record.Lock.Open() {
			record.Lock = nil
		}
		seen = append(seen, record)
	}
	return seen
}
