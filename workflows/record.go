package workflows

import (
	"slices"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/verdict"
)

// The changes of a delivery and its hook. Each method here is one such change, and no other
// code writes a record of the history, which a test checks.

// planned writes the record of what is to be delivered.
func (d *delivery) planned(record latch.Record) { d.record = d.history.add(record) }

// settled records that the delivery succeeded, or was given up.
func (d *delivery) settled(outcome protocol.Outcome) {
	d.state = verdict.Undeliverable
	if outcome.Delivered {
		d.state = verdict.Delivered
	}
	d.counts.settled(d.record.Event, outcome)
	d.exchanged(outcome)
	d.verdict = outcome.Verdict
	if len(d.brought) > 0 {
		d.verdict = nil // it was passed without what an update brought
	}
	d.answered = outcome.Data
	d.record.Data = d.data()
	if !d.lockRemoved {
		d.answer = outcome.Answer
	}
	if d.unreadable() && d.decision == "" && len(d.brought) == 0 {
		d.record.Error = d.answer.Unreadable
	}
	d.record.CompletedAt, d.record.DurationMS = outcome.CompletedAt, outcome.DurationMS
	if d.record.Result == latch.ResultPending && !d.record.Lock.Open() {
		d.record.Result = d.resultOfData()
		if d.verdict != nil {
			d.record.Result, d.record.Error = d.verdict.Result, d.verdict.Error
		}
		if outcome.Kept {
			d.record.Result = latch.ResultSkipped
		}
	}
	d.record.Kept = outcome.Kept
	d.history.changed(d.record)
}

// exchanged records the exchange itself.
func (d *delivery) exchanged(outcome protocol.Outcome) {
	d.record.Attempts = outcome.Attempts
	if len(outcome.Tries) > 0 {
		d.record.Tries = outcome.Tries
	}
	if outcome.Measured != nil {
		d.record.Measurements = outcome.Measured.Measurements
	}
	if d.record.Result != latch.ResultSkipped && (outcome.Error != "" || d.decision == "") {
		d.record.Error = outcome.Error
	}
	d.record.Request, d.record.Response = outcome.Request, outcome.Response
}

// handedTo records the workflow that continues the delivery.
func (d *delivery) handedTo(workflowID string, outcome protocol.Outcome) {
	d.record.HandedTo = workflowID
	d.exchanged(outcome)
	d.history.changed(d.record)
}

// takenDown records the progress of a delivery that the next run continues.
func (d *delivery) takenDown(outcome protocol.Outcome) {
	d.exchanged(outcome)
	d.history.changed(d.record)
}

// judged writes the verdict on a record that decides nothing.
func (d *delivery) judged(answer *verdict.Verdict) {
	d.verdict, d.record.Result, d.record.Error = answer, answer.Result, answer.Error
	d.history.changed(d.record)
}

// updated records what somebody has since reported about the delivery.
func (d *delivery) updated(update latch.RecordUpdate) {
	d.bring(update.Data, update.Result)
	d.record.Data = d.data()
	if d.record.Result == latch.ResultPass || d.record.Result == latch.ResultFail {
		d.record.Result = d.resultOfData()
	}
	d.history.changed(d.record)
}

// released records that somebody removed the lock.
func (d *delivery) released(release latch.LockRelease, from sender) {
	d.lockRemoved = true
	d.bring(release.Data, release.Result)
	d.record.Data = d.data()
	d.record.Result = d.resultOfData()
	asked := *d.record.Lock
	asked.Result = release.Asks()
	d.record.Lock = &asked
	d.closeLock(from, release.By, release.Reason)
}

// voted records the votes about the lock.
func (d *delivery) voted(votes []latch.Vote) {
	d.record.Approvals = votes
	d.history.changed(d.record)
}

// reminded records how many of the times of reminding of the lock have passed.
func (d *delivery) reminded(number int) {
	lock := *d.record.Lock
	lock.Reminders = number
	d.record.Lock = &lock
	d.history.changed(d.record)
}

// escalated records that more people may vote about the lock.
func (d *delivery) escalated(to latch.Escalated) {
	lock := *d.record.Lock
	lock.Escalated = &to
	d.record.Lock = &lock
	d.history.changed(d.record)
}

// extended records a move of the lock's deadline.
func (d *delivery) extended(extension latch.Extension) {
	lock := *d.record.Lock
	lock.Extensions = append(slices.Clone(lock.Extensions), extension)
	if over := len(lock.Extensions) - latch.MaximumExtensions; over > 0 {
		lock.Extensions = lock.Extensions[over:]
	}
	d.record.Lock = &lock
	d.history.changed(d.record)
}

// opened records that a lock was made after the event had fired.
func (d *delivery) opened(lock latch.RecordLock) {
	d.record.Lock = &lock
	d.history.changed(d.record)
}

// expired records that the lock was not removed in time, and the decision of its policy.
func (d *delivery) expired(policy, reason string) {
	d.decided(policy, "on_timeout: "+policy)
	if d.state != verdict.UnderWay {
		d.record.Result = d.resultOfData()
	}
	d.closeLock(sender{via: latch.ViaTimeout}, "", reason)
}

// overdue records that the gate's deadline has passed, and the decision of its policy.
func (d *delivery) overdue(policy string) {
	d.decided(policy, "on_deadline: "+policy)
	if d.state != verdict.UnderWay {
		d.record.Result = d.resultOfData()
	}
	d.closeLock(sender{via: latch.ViaTimeout}, "", "not removed before the gate's deadline")
}

// failed records the decision of the policy on_error.
func (d *delivery) failed(policy string) {
	d.decided(policy, "on_error: "+policy)
	d.closeLock(sender{via: latch.ViaOverride}, "", "on_error: "+d.record.Error)
}

// ruled records the hook's decision from the verdict on its record.
func (d *delivery) ruled(answer *verdict.Verdict, decision, rule string) {
	d.record.Result = answer.Result
	if answer.Error != "" {
		d.record.Error = answer.Error
		d.failed(decision)
		return
	}
	d.decided(decision, rule)
	d.closeLock(sender{via: latch.ViaOverride}, "", "the endpoint answered: "+d.record.Result)
}

// maximumRule bounds how much of an expression a record keeps, in bytes.
const maximumRule = 500

// decided records the hook's decision, and the reason.
func (d *delivery) decided(decision, rule string) {
	d.decision, d.record.Decision, d.record.Rule = decision, decision, excerpt.Of(rule, maximumRule)
}

// foreseen records what the hook would have decided, and the reason.
func (d *delivery) foreseen(decision, rule string) {
	d.record.WouldDecide, d.record.Rule = decision, excerpt.Of(rule, maximumRule)
	d.history.changed(d.record)
}

// takenOut records that a person excluded the hook from its event's decision.
func (d *delivery) takenOut(skip latch.Skip, from sender) {
	d.decision, d.record.Decision, d.record.Rule = "", "", ""
	d.record.Result = latch.ResultSkipped
	d.record.Error = "skipped: " + skip.Reason
	if skip.By != "" {
		d.record.Error = "skipped by " + skip.By + ": " + skip.Reason
	}
	d.closeLock(from, skip.By, skip.Reason)
}

// abandoned ends a delivery whose answer has nothing left to decide.
func (d *delivery) abandoned(reason string) {
	d.state = verdict.Undeliverable
	if d.record.Result == latch.ResultPending && !d.record.Lock.Open() {
		d.record.Result, d.record.Error, d.record.CompletedAt = latch.ResultSkipped, "skipped: "+reason, d.now()
	}
	d.history.changed(d.record)
}

// overridden closes a lock that nothing waits for any more, because the decision came from
// elsewhere. Its record is skipped: nobody has passed the hook, and a later answer of its
// endpoint decides nothing.
func (d *delivery) overridden(reason string) {
	if d.record == nil || !d.record.Lock.Open() {
		return
	}
	d.record.Result, d.record.Decision, d.record.Rule = latch.ResultSkipped, "", ""
	skipped := "skipped: " + reason
	if d.record.Error != "" {
		skipped = d.record.Error + "; " + skipped
	}
	d.record.Error = skipped
	d.closeLock(sender{via: latch.ViaOverride}, "", reason)
}

// closeLock ends the lock's wait, if it is still open, and with it the record of a delivery
// that has ended.
func (d *delivery) closeLock(from sender, by, reason string) {
	defer d.history.changed(d.record)
	if !d.record.Lock.Open() {
		return
	}
	lock := *d.record.Lock
	lock.RemovedAt, lock.RemovedBy, lock.IdentifiedBy, lock.Via, lock.Reason = d.now(), by, from.knows(by), from.via, reason
	d.record.Lock = &lock
	if d.lockClosed != nil {
		defer d.lockClosed() // once the record's result is set
	}
	d.counts.unlocked(d.record.Event, from.via, lock.RemovedAt.Sub(d.record.StartedAt.Time))
	if d.state == verdict.UnderWay {
		return
	}
	if d.record.CompletedAt.IsZero() {
		d.record.CompletedAt = d.now()
	}
	if d.record.Result == latch.ResultPending {
		d.record.Result = d.resultOfData()
	}
}
