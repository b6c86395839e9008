package workflows

import (
	"maps"

	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/verdict"
)

// A delivery is one webhook's message about one event, with its progress, the answer, and its
// record. Only the methods in record.go write its outcome.
type delivery struct {
	webhook  *latch.Webhook
	settings latch.Event
	// registered has the same meaning as in [protocol.AttachedWebhook].
	registered bool
	// hasSay reports that the content of the answer matters, and not only that the message was
	// delivered.
	hasSay bool

	history *history
	now     func() latch.Time
	counts  counts
	record  *latch.Record

	state verdict.Delivery
	// attempt lets the closing run end the delivery between two attempts.
	attempt attemptInFlight
	// kept is what the delivery needs to continue, while it is taken down.
	kept *protocol.Delivery
	// answered is the object in the endpoint's answer. brought is what a removal or an update
	// of the record set. data is brought over answered.
	answered, brought latch.Object
	// answer describes the endpoint's answer beyond data. It is zero if the lock was removed
	// before the answer.
	answer verdict.Answer
	// verdict is the question to the send activity, with its answer.
	verdict *verdict.Verdict
	// lockRemoved reports that a person's input counts instead of the answer.
	lockRemoved bool
	// lockClosed is called when the lock's wait has ended. It is nil for a delivery without a hook.
	lockClosed func()
	// decision is the hook's decision, or "" while it is open.
	decision string
}

// unreadable reports whether the hook failed because of an answer that cannot be read.
func (d *delivery) unreadable() bool {
	return d.state == verdict.Delivered && d.answer.Unreadable != "" && d.hasSay
}

// told returns the record that a decision is based on. It contains all data, even if the kept
// record was cut. What the endpoint's answer lacks no longer matters once somebody has set
// data.
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

// resultOfData returns the result in data (contract, "Records"). A value that cannot be
// understood is "fail" if the answer matters.
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

// exactResult is resultOfData for runs that began before anyCase.
func (d *delivery) exactResult() string {
	if string(d.data()[latch.KeyResult]) == `"fail"` || d.failedUntold() {
		return latch.ResultFail
	}
	return latch.ResultPass
}

// failedUntold reports whether the delivery failed, and nobody has set the result since.
func (d *delivery) failedUntold() bool {
	_, told := d.brought[latch.KeyResult]
	return (d.state == verdict.Undeliverable || d.unreadable()) && !d.lockRemoved && !told
}

// data returns the answer's data, overridden by what was brought.
func (d *delivery) data() latch.Object {
	merged := make(latch.Object, len(d.answered)+len(d.brought))
	maps.Copy(merged, d.answered)
	maps.Copy(merged, d.brought)
	return merged
}

// bring keeps the data of a removal or an update, which overrides the answer.
func (d *delivery) bring(data latch.Object, result string) {
	if d.brought == nil {
		d.brought = latch.Object{}
	}
	maps.Copy(d.brought, data)
	if result != "" {
		d.brought[latch.KeyResult] = rawjson.Encode(result)
	}
	d.verdict = nil // it was passed without this
}
