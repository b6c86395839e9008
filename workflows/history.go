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
	records []*keptRecord
	places  map[*latch.Record]*keptRecord
	total   int
	// uncut are, for each of the cuts, the place from which on records may have
	// something to cut: each is looked at once, and again once it has changed.
	uncut [len(cuts)]int
}

// A keptRecord is a record of a history, with what was made of it.
type keptRecord struct {
	*latch.Record
	place int
	// size is what the record takes as JSON, with a comma.
	size int
	// row shows the record in Temporal UI; "" until it is needed.
	row string
}

// cuts are what is cut of records, in this order, until all are in bounds.
var cuts = [...]func(*latch.Record) bool{cutTries, cutMeasurements, cutBody, cutData, cutExchange}

// add appends a record.
func (h *history) add(record latch.Record) *latch.Record {
	if h.places == nil {
		h.places = map[*latch.Record]*keptRecord{}
	}
	added := &keptRecord{Record: &record, place: len(h.records)}
	h.records = append(h.records, added)
	h.places[added.Record] = added
	h.changed(added.Record)
	return added.Record
}

// changed measures a record anew and cuts what is oldest until all is in bounds.
func (h *history) changed(record *latch.Record) {
	kept := h.places[record]
	if kept == nil {
		return // it was let go of
	}
	for i := range h.uncut {
		h.uncut[i] = min(h.uncut[i], kept.place)
	}
	h.measure(kept)
	for i, cut := range cuts {
		for ; h.uncut[i] < len(h.records); h.uncut[i]++ {
			if h.total < maximumHistoryBytes {
				return
			}
			if oldest := h.records[h.uncut[i]]; cut(oldest.Record) {
				h.measure(oldest)
			}
		}
	}
	for h.total >= maximumHistoryBytes && h.dropOldestSettled() {
	}
}

func (h *history) measure(kept *keptRecord) {
	encoded, err := json.Marshal(kept.Record)
	if err != nil {
		// Every part of a record came out of JSON.
		panic(fmt.Sprintf("latch: record %s: %v", kept.DeliveryID, err))
	}
	h.total += len(encoded) + 1 - kept.size
	kept.size, kept.row = len(encoded)+1, ""
}

// cutTries needs no mark: Attempts still counts them.
func cutTries(record *latch.Record) bool {
	cut := record.Tries != nil
	record.Tries = nil
	return cut
}

func cutMeasurements(record *latch.Record) bool {
	cut := record.Measurements != nil
	record.Measurements = nil
	record.Truncated = record.Truncated || cut
	return cut
}

func cutBody(record *latch.Record) bool {
	if record.Response == nil || record.Response.Body == "" {
		return false
	}
	response := *record.Response
	response.Body = ""
	record.Response, record.Truncated = &response, true
	return true
}

func cutData(record *latch.Record) bool {
	if len(record.Data) == 0 {
		return false
	}
	kept := latch.Object{}
	for _, key := range latch.DecisiveKeys {
		if value, ok := record.Data[key]; ok && len(value) <= 64 {
			kept[key] = value
		}
	}
	if len(kept) == len(record.Data) {
		return false
	}
	record.Data, record.Truncated = kept, true
	return true
}

// cutExchange is for thousands of records: the exchange itself goes, what it
// came to stays.
func cutExchange(record *latch.Record) bool {
	const longText = 64
	if record.Request == nil && record.Response == nil && max(len(record.Error), len(record.Rule)) <= longText {
		return false
	}
	record.Request, record.Response, record.Truncated = nil, nil, true
	for _, text := range []*string{&record.Error, &record.Rule} {
		if len(*text) > longText {
			*text = excerpt.Of(*text, longText)
		}
	}
	return true
}

// dropOldestSettled lets go of the oldest record that nothing waits for.
func (h *history) dropOldestSettled() bool {
	i := slices.IndexFunc(h.records, func(r *keptRecord) bool {
		return r.Result != latch.ResultPending && !r.Lock.Open()
	})
	if i < 0 || len(h.records) == 1 {
		return false
	}
	h.total -= h.records[i].size
	delete(h.places, h.records[i].Record)
	h.records = slices.Delete(h.records, i, i+1)
	for ; i < len(h.records); i++ {
		h.records[i].place = i
	}
	for i := range h.uncut {
		h.uncut[i] = min(h.uncut[i], len(h.records))
	}
	h.records[0].Truncated = true
	return true
}

// list returns copies of the records that the query asks for, oldest first.
func (h *history) list(query latch.HistoryQuery) ([]latch.Record, error) {
	records := h.records
	if query.After != "" {
		i := slices.IndexFunc(records, func(r *keptRecord) bool { return r.DeliveryID == query.After })
		if i < 0 {
			return nil, fmt.Errorf("after: no record has the delivery id %q", query.After)
		}
		records = records[i+1:]
	}
	listed := []latch.Record{}
	for _, record := range records {
		if !query.Takes(record.Record) {
			continue
		}
		if query.Limit > 0 && len(listed) == query.Limit {
			break
		}
		listed = append(listed, *record.Record)
	}
	return listed, nil
}

// all returns copies of all records.
func (h *history) all() []latch.Record {
	records := make([]latch.Record, len(h.records))
	for i, record := range h.records {
		records[i] = *record.Record
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
