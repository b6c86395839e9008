package workflows

import (
	"fmt"
	"slices"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/recordsize"
)

// maximumHistoryBytes bounds the records of a run as JSON (contract, "Records"). It leaves room
// for the rest of a result under Temporal's limit of 2 MiB.
const maximumHistoryBytes = 512 << 10

// A history holds the records of a run, oldest first, within bounds.
type history struct {
	records []*keptRecord
	places  map[*latch.Record]*keptRecord
	total   int
	// uncut has, for each of the cuts, the index from which on records may have something to
	// cut: each record is examined once, and again after a change.
	uncut [len(cuts)]int
}

// A keptRecord is a record of a history, with data derived from it.
type keptRecord struct {
	*latch.Record
	place int
	// size is the size of the record as JSON, with a comma.
	size int
	// row is the record's row in Temporal UI, or "" until it is needed.
	row string
}

// cuts are the parts that are cut from records, in this order, until all are within bounds.
var cuts = [...]func(*latch.Record) bool{cutTries, cutMeasurements, cutBody, cutData, cutExchange, cutReasons}

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

// changed measures a record again and cuts the oldest parts until all are within bounds.
func (h *history) changed(record *latch.Record) {
	kept := h.places[record]
	if kept == nil {
		return // it was dropped
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
	size := recordsize.Of(kept.Record) + len(",")
	h.total += size - kept.size
	kept.size, kept.row = size, ""
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
	var kept []string
	for _, key := range latch.DecisiveKeys {
		if value, ok := record.Data[key]; ok && len(value) <= 64 {
			kept = append(kept, key)
		}
	}
	if len(kept) == len(record.Data) {
		return false
	}
	data := latch.Object{}
	for _, key := range kept {
		data[key] = record.Data[key]
	}
	record.Data, record.Truncated = data, true
	return true
}

// longText is a text's length in bytes beyond which it may be cut.
const longText = 64

// cutExchange helps with thousands of records: it drops the exchange itself and keeps the
// outcome.
func cutExchange(record *latch.Record) bool {
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

// cutReasons shortens what people said as they voted.
func cutReasons(record *latch.Record) bool {
	long := func(vote latch.Vote) bool { return len(vote.Reason) > longText }
	if !slices.ContainsFunc(record.Approvals, long) {
		return false
	}
	record.Approvals, record.Truncated = slices.Clone(record.Approvals), true
	for i := range record.Approvals {
		record.Approvals[i].Reason = excerpt.Of(record.Approvals[i].Reason, longText)
	}
	return true
}

// dropOldestSettled drops the oldest record that nothing waits for.
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

// list returns copies of the records that the query selects, oldest first.
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

// forTemplates returns the records as templates see them, of one event of several or of all.
// Only its own receiver sees a lock that is still open.
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
