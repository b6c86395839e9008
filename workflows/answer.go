package workflows

import (
	"maps"

	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/verdict"
)

// hasSay reports whether the answer counts for more than that the message
// arrived: where it decides, where an expression gives its record a result, and
// at events of the user's own.
func (h *hook) hasSay() bool {
	if h.firing == nil {
		return false // a delivery that outlives its run
	}
	return h.takesPart() || h.settings.Result != "" || !latch.IsBuiltInEvent(h.firing.event)
}

// unreadable reports whether the hook failed by an answer that cannot be read.
func (h *hook) unreadable() bool {
	return h.delivery == delivered && h.answer.Unreadable != "" && h.hasSay()
}

// askHere answers a question without expressions, which needs no activity.
func (h *hook) askHere(ctx workflow.Context) *verdict.Verdict {
	record, said := h.told()
	answer := verdict.ByData(record, said)
	if h.firing.event == latch.EventJobStart && answer.Result != h.exactResult() && !knows(ctx, anyCase) {
		return &verdict.Verdict{Result: h.exactResult()}
	}
	return &answer
}

// told returns what a decision is asked about. The record has all data, though
// it may have been cut where it is kept. What the endpoint's answer lacks counts
// no more once somebody brought data.
func (h *hook) told() (latch.Record, verdict.Answer) {
	record, said := *h.record, h.answer
	record.Result, record.Data = h.resultOfData(), h.data()
	if h.delivery != delivered || len(h.brought) > 0 {
		said = verdict.Answer{}
	}
	return record, said
}

// resultOfData gives the result as far as data tells it (contract, "Records").
// A value that nobody understands is "fail" where it has a say.
func (h *hook) resultOfData() string {
	said, err := h.data().Result()
	switch {
	case said == latch.ResultFail, err != nil && h.settings.Result == "" && h.hasSay():
		return latch.ResultFail
	case h.failedUntold():
		return latch.ResultFail
	default:
		return latch.ResultPass
	}
}

// exactResult is resultOfData as runs that began before anyCase know it.
func (h *hook) exactResult() string {
	if string(h.data()[latch.KeyResult]) == `"fail"` || h.failedUntold() {
		return latch.ResultFail
	}
	return latch.ResultPass
}

// failedUntold reports whether the hook failed, and nobody has told since what
// its result is.
func (h *hook) failedUntold() bool {
	_, told := h.brought[latch.KeyResult]
	return (h.delivery == undeliverable || h.unreadable()) && !h.lockRemoved && !told
}

// bring writes what a removal or an update brought over the answer.
func (h *hook) bring(data latch.Object, result string) {
	if h.brought == nil {
		h.brought = latch.Object{}
	}
	maps.Copy(h.brought, data)
	if result != "" {
		h.brought[latch.KeyResult] = encode(result)
	}
	h.verdict = nil // it was given without this
	h.record.Data = h.data()
}

// data returns all of the answer, and over it what was brought.
func (h *hook) data() latch.Object {
	merged := make(latch.Object, len(h.answered)+len(h.brought))
	maps.Copy(merged, h.answered)
	maps.Copy(merged, h.brought)
	return merged
}

// unclear refuses data from outside whose decisive keys nobody would
// understand. Keys for which the hook has expressions may mean anything.
func (h *hook) unclear(data latch.Object) error {
	own := map[string]string{latch.KeyResult: h.settings.Result, latch.KeyStopRelease: h.settings.StopRelease, latch.KeyRollbackRelease: h.settings.RollbackRelease}
	var problems latch.Problems
	for _, key := range latch.DecisiveKeys {
		counts := h.firing.decides || key == latch.KeyResult && h.hasSay()
		if err := data.Understood(key); err != nil && counts && own[key] == "" {
			problems.Addf("", "data.%v", err)
		}
	}
	if len(problems) > 0 {
		return invalidArgument(problems)
	}
	return nil
}
