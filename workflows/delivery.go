package workflows

import (
	"maps"

	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/verdict"
)

// A delivery is one webhook's message about one event: how far it has come,
// what was answered, and the record of it. What becomes of it is written by the
// methods in record.go alone.
type delivery struct {
	webhook  *latch.Webhook
	settings latch.Event
	// registered is as in [protocol.AttachedWebhook].
	registered bool
	// hasSay reports that the content of the answer counts, and not only that the
	// message arrived.
	hasSay bool

	history *history
	now     func() latch.Time
	counts  counts
	record  *latch.Record

	state verdict.Delivery
	// attempt lets the closing run end the delivery between two attempts.
	attempt attemptInFlight
	// kept is what the delivery needs to go on, while it is taken down.
	kept *protocol.Delivery
	// answered is the object that the endpoint answered with, brought what a
	// removal or an update of the record brought; data is one over the other.
	answered, brought latch.Object
	// answer is what data does not show of the endpoint's answer. It is zero
	// where the lock was removed before that came.
	answer verdict.Answer
	// verdict is what the send activity was asked and answered.
	verdict *verdict.Verdict
	// lockRemoved reports that what a person said counts instead of the answer.
	lockRemoved bool
	// decision is what the hook decided; "" while it is open.
	decision string
}

// unreadable reports whether the hook failed by an answer that cannot be read.
func (d *delivery) unreadable() bool {
	return d.state == verdict.Delivered && d.answer.Unreadable != "" && d.hasSay
}

// told returns what a decision is asked about. The record has all data, though
// it may have been cut where it is kept. What the endpoint's answer lacks counts
// no more once somebody brought data.
func (d *delivery) told() (latch.Record, verdict.Answer) {
	record, said := *d.record, d.answer
	record.Result, record.Data = d.resultOfData(), d.data()
	if d.state != verdict.Delivered || len(d.brought) > 0 {
		said = verdict.Answer{}
	}
	return record, said
}

// askHere answers a question without expressions, which needs no activity.
func (d *delivery) askHere(ctx workflow.Context) *verdict.Verdict {
	record, said := d.told()
	answer := verdict.ByData(record, said)
	if d.record.Event == latch.EventJobStart && answer.Result != d.exactResult() && !knows(ctx, anyCase) {
		return &verdict.Verdict{Result: d.exactResult()}
	}
	return &answer
}

// resultOfData returns the result that data holds (contract, "Records"). A value
// that cannot be understood is "fail" where the answer counts.
func (d *delivery) resultOfData() string {
	said, err := d.data().Result()
	switch {
	case said == latch.ResultFail, err != nil && d.settings.Result == "" && d.hasSay:
		return latch.ResultFail
	case d.failedUntold():
		return latch.ResultFail
	default:
		return latch.ResultPass
	}
}

// exactResult is resultOfData as runs that began before anyCase know it.
func (d *delivery) exactResult() string {
	if string(d.data()[latch.KeyResult]) == `"fail"` || d.failedUntold() {
		return latch.ResultFail
	}
	return latch.ResultPass
}

// failedUntold reports whether the delivery failed, and nobody has told since
// what the result is.
func (d *delivery) failedUntold() bool {
	_, told := d.brought[latch.KeyResult]
	return (d.state == verdict.Undeliverable || d.unreadable()) && !d.lockRemoved && !told
}

// data returns all of the answer, and over it what was brought.
func (d *delivery) data() latch.Object {
	merged := make(latch.Object, len(d.answered)+len(d.brought))
	maps.Copy(merged, d.answered)
	maps.Copy(merged, d.brought)
	return merged
}

// bring keeps what a removal or an update brought, over the answer.
func (d *delivery) bring(data latch.Object, result string) {
	if d.brought == nil {
		d.brought = latch.Object{}
	}
	maps.Copy(d.brought, data)
	if result != "" {
		d.brought[latch.KeyResult] = rawjson.Encode(result)
	}
	d.verdict = nil // it was given without this
}
