package workflows

import (
	"slices"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/rawjson"
)

// maximumResults bounds the results of a sequence's jobs as JSON (contract, "Job"). Together
// with the records they stay under Temporal's limit of 2 MiB for a result.
const maximumResults = 1 << 20

// A jobResults holds the results of a sequence's jobs, oldest first, within bounds.
type jobResults struct {
	list  []latch.JobResult
	sizes []resultSize
	// count is how many jobs have ended, including those whose results were dropped.
	count int
	// total is the size of the results as JSON, and kvps the size of their KVPs.
	total, kvps int
	// uncut has, for KVPs and for the rest, the indexes from which on something may be left to
	// cut.
	uncutKVP, uncut int
	truncated       bool
}

// A resultSize is the size of a result as JSON, in bytes, and that of its KVP and the KVPs of
// the jobs within it.
type resultSize struct{ total, kvps int }

// takeOver takes the results from an earlier run of the chain, and the number of its jobs; 0 if
// that run's version dropped none.
func (r *jobResults) takeOver(of *latch.JobResult, count int) {
	for _, result := range of.Jobs {
		r.add(result)
	}
	r.count, r.truncated = max(count, len(of.Jobs)), r.truncated || of.Truncated
}

// add adds the result of a job that has ended, and cuts the oldest until all are within bounds.
func (r *jobResults) add(result latch.JobResult) {
	size := sizeOfResult(&result)
	r.list, r.sizes, r.count = append(r.list, result), append(r.sizes, size), r.count+1
	r.total, r.kvps = r.total+size.total, r.kvps+size.kvps
	for ; r.kvps > maximumKVPs && r.uncutKVP < len(r.list); r.uncutKVP++ {
		cutKVPs(&r.list[r.uncutKVP])
		r.measure(r.uncutKVP)
	}
	for ; r.total > maximumResults && r.uncut < len(r.list); r.uncut++ {
		r.truncated = cutResult(&r.list[r.uncut]) || r.truncated
		r.measure(r.uncut)
	}
	for r.total > maximumResults && len(r.list) > 1 {
		r.letGo()
	}
}

// before returns the last results of those jobs that ended before the job at a place in the
// sequence, as far as they are kept.
func (r *jobResults) before(place, most int) []latch.JobResult {
	dropped := r.count - len(r.list)
	end := min(max(place-dropped, 0), len(r.list))
	return r.list[max(end-most, 0):end]
}

func (r *jobResults) measure(i int) {
	before := r.sizes[i]
	r.sizes[i] = sizeOfResult(&r.list[i])
	r.total += r.sizes[i].total - before.total
	r.kvps += r.sizes[i].kvps - before.kvps
}

// letGo drops the oldest result.
func (r *jobResults) letGo() {
	r.total, r.kvps = r.total-r.sizes[0].total, r.kvps-r.sizes[0].kvps
	r.list, r.sizes = slices.Delete(r.list, 0, 1), slices.Delete(r.sizes, 0, 1)
	r.uncutKVP, r.uncut, r.truncated = max(r.uncutKVP-1, 0), max(r.uncut-1, 0), true
}

func sizeOfResult(result *latch.JobResult) resultSize {
	return resultSize{total: len(rawjson.Encode(result)) + 1, kvps: sizeOfKVPs(result)}
}

func sizeOfKVPs(result *latch.JobResult) int {
	size := len(rawjson.Encode(result.KVP))
	for i := range result.Jobs {
		size += sizeOfKVPs(&result.Jobs[i])
	}
	return size
}

// cutKVPs cuts the results of tasks, unless they are smaller than the mark.
func cutKVPs(result *latch.JobResult) {
	if cut := truncatedKVP(); len(rawjson.Encode(result.KVP)) > len(rawjson.Encode(cut)) {
		result.KVP = cut
	}
	for i := range result.Jobs {
		cutKVPs(&result.Jobs[i])
	}
}

// cutResult reduces a result to how its job ended. It reports whether there was more.
func cutResult(result *latch.JobResult) bool {
	const longText = 64
	cut := len(result.Jobs) > 0 || len(result.Error) > longText
	result.Jobs, result.Truncated = nil, result.Truncated || len(result.Jobs) > 0
	if len(result.Error) > longText {
		result.Error = excerpt.Of(result.Error, longText)
	}
	return cut
}
