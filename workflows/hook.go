package workflows

import (
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/verdict"
)

// A hook is one webhook at one firing: its delivery, its lock, its record and
// its decision.
type hook struct {
	firing   *firing
	webhook  *latch.Webhook
	settings latch.Event
	record   *latch.Record
	// registered and enforced are as in [protocol.AttachedWebhook].
	registered, enforced bool

	delivery sending
	// attempt lets the closing run end the delivery between two attempts.
	attempt attemptInFlight
	// answered is the object that the endpoint answered with, brought what a
	// removal or an update of the record brought; data is one over the other.
	answered, brought latch.Object
	// answer is what data does not show of the endpoint's answer. It is zero
	// where the lock was removed before that came.
	answer verdict.Answer
	// verdict is what the send activity was asked and answered.
	verdict *verdict.Verdict

	skipped, whenFailed, lockRemoved bool
	// reconsider tells that the record was updated since the decision.
	reconsider bool
	decision   string
	// rule is the expression that the decision rests on, if one held.
	rule  string
	since time.Time
}

func newHook(f *firing, webhook *protocol.AttachedWebhook, settings latch.Event) *hook {
	return &hook{firing: f, webhook: &webhook.Webhook, settings: settings, registered: webhook.Registered, enforced: webhook.Enforced}
}

// begin writes the hook's record as planned. A hook with something to call is
// under way from then on.
func (h *hook) begin(plan protocol.PlannedHook) {
	s := h.firing.session
	h.since = workflow.Now(s.detached)
	record := latch.Record{
		DeliveryID: h.firing.deliveryID(h.webhook.ID),
		Webhook:    h.webhook.ID,
		Event:      h.firing.event,
		Step:       h.firing.step,
		WorkflowID: s.execution.ID,
		RunID:      s.execution.RunID,
		Result:     latch.ResultPending,
		Data:       latch.Object{},
		StartedAt:  latch.NewTime(h.since),
		Enforced:   h.enforced,
	}
	s.subject.mark(&record)
	switch {
	case plan.Error != "":
		h.whenFailed = true
		record.Result, record.Error, record.CompletedAt = latch.ResultFail, "when: "+plan.Error, record.StartedAt
	case plan.Skip:
		h.skipped = true
		record.Result, record.Error, record.CompletedAt = latch.ResultSkipped, "when is false: "+h.settings.When, record.StartedAt
	default:
		if h.settings.Blocking {
			record.Lock = &latch.RecordLock{Token: plan.Lock, URL: plan.LockURL}
		}
		if h.webhook.HasURL() {
			h.delivery = underWay
		}
	}
	h.record = s.history.add(record)
}

// takesPart tells whether the hook has a say in its event's decision.
func (h *hook) takesPart() bool { return h.firing.decides || h.settings.Blocking }

// standing gathers what the hook's decision depends on.
func (h *hook) standing() standing {
	expired := false
	if until := h.until(); !until.IsZero() {
		expired = !workflow.Now(h.firing.session.detached).Before(until)
	}
	return standing{
		blocking:      h.settings.Blocking,
		skipped:       h.skipped,
		whenFailed:    h.whenFailed,
		delivery:      h.delivery,
		unreadable:    h.unreadable(),
		answersFail:   h.firing.event == latch.EventJobStart && h.answersFail(),
		lockRemoved:   h.lockRemoved,
		lockExpired:   h.settings.Blocking && expired,
		answerExpired: !h.settings.Blocking && expired,
	}
}

// answersFail reports whether the endpoint has answered, and means "fail", or
// what nobody understands.
func (h *hook) answersFail() bool {
	switch {
	case h.delivery != delivered:
		return false
	case h.settings.Result != "":
		return h.verdict != nil && h.verdict.Error == "" && h.verdict.Result == latch.ResultFail
	case h.verdict != nil:
		return h.verdict.Result == latch.ResultFail
	default:
		return h.askHere(h.firing.session.detached).Result == latch.ResultFail
	}
}

// until is when waiting for the hook ends; zero where it waits for ever.
func (h *hook) until() time.Time {
	switch {
	case h.settings.Blocking && h.settings.LockTimeout > 0:
		return h.since.Add(time.Duration(h.settings.LockTimeout))
	case h.settings.Blocking:
		return time.Time{}
	default:
		return h.since.Add(h.settings.AnswerTimeoutOrDefault())
	}
}

func (h *hook) needsDecision() bool { return h.decision == "" || h.reconsider }

// decide settles the hook if it can be, and writes what came of it into the
// record.
func (h *hook) decide(ctx workflow.Context) error {
	if h.mustAskAhead() {
		answer, err := h.ask(ctx)
		if err != nil {
			return err
		}
		h.verdict = answer
	}
	basis := h.standing().basis()
	if h.reconsider && basis == onError {
		basis = onRecord // somebody has told since what came of it
	}
	switch basis {
	case open:
		return nil
	case onNothing:
		h.decision, h.reconsider = latch.Continue, false
		return nil
	case onRecord:
		return h.decideOnRecord(ctx)
	case onError:
		h.decideBy(h.settings.OnErrorOrDefault())
		h.closeLock(latch.ViaOverride, "", "on_error: "+h.record.Error)
	case onTimeout:
		h.decideBy(h.settings.OnTimeoutOrDefault())
		if h.delivery != underWay {
			h.record.Result = h.resultOfData()
		}
		h.closeLock(latch.ViaTimeout, "", "not removed within "+h.settings.LockTimeout.String())
	}
	h.firing.session.history.changed(h.record)
	return nil
}

// decideBy takes a policy's word.
func (h *hook) decideBy(decision string) {
	h.decision, h.record.Decision, h.reconsider = decision, decision, false
}

// decideOnRecord asks the expressions, unless the send activity has answered
// them already.
func (h *hook) decideOnRecord(ctx workflow.Context) error {
	answer := h.verdict
	if h.lockRemoved {
		answer = nil
	}
	for answer == nil || h.reconsider {
		asked, err := h.ask(ctx)
		if err != nil {
			return err
		}
		if h.skipped {
			return nil // a person took the hook out while it was asked
		}
		answer = asked
	}
	h.record.Result, h.rule = answer.Result, ""
	switch {
	case answer.Error != "":
		h.record.Error = answer.Error
		h.decideBy(h.settings.OnErrorOrDefault())
		h.closeLock(latch.ViaOverride, "", "on_error: "+answer.Error)
	case h.firing.decides:
		h.rule = answer.Rule
		h.decideBy(answer.Decision)
	case h.firing.event == latch.EventJobStart && answer.Result == latch.ResultFail:
		h.decideBy(latch.Stop)
	default:
		h.decideBy(latch.Continue)
	}
	h.closeLock(latch.ViaOverride, "", "the endpoint answered: "+h.record.Result)
	h.firing.session.history.changed(h.record)
	return nil
}

// mustAskAhead tells that the endpoint's answer may settle the hook while its
// lock is open, and that what was asked of it does not hold any more.
func (h *hook) mustAskAhead() bool {
	return h.settings.Blocking && h.answersForItself() && h.delivery == delivered && h.record.Lock.Open() &&
		h.verdict == nil && h.settings.Result != ""
}

// ask has the expressions evaluated over the record as it stands, and recorded.
func (h *hook) ask(ctx workflow.Context) (*verdict.Verdict, error) {
	h.reconsider = false
	question := verdict.ForEvent(h.settings, h.firing.decides)
	if !question.Decides && question.Result == "" {
		return h.askHere(ctx), nil
	}
	record, said := h.told()
	request := protocol.EvaluateRequest{Question: question, Record: record, Answer: said, Variables: h.variables(neededBy(question))}
	var answer verdict.Verdict
	err := ask(ctx, "Decide "+h.webhook.ID+" at "+h.firing.event, protocol.ActivityEvaluate, request, &answer)
	return &answer, err
}

// variables gives what the hook's templates and expressions see, as far as
// they are needed.
func (h *hook) variables(needed []string) expr.Variables {
	own := with(h.firing.variables, expr.Variables{"webhook": encode(map[string]string{"id": h.webhook.ID})})
	if h.record != nil && h.record.Lock != nil {
		own["lock"], own["lock_url"] = encode(h.record.Lock.Token), encode(h.record.Lock.URL)
	}
	h.firing.session.addRecords(own, needed)
	return only(own, needed)
}

// only keeps the variables that are needed.
func only(variables expr.Variables, needed []string) expr.Variables {
	kept := expr.Variables{}
	for _, name := range needed {
		if value, ok := variables[name]; ok {
			kept[name] = value
		}
	}
	return kept
}

// closeLock ends the lock's wait, if it is still open.
func (h *hook) closeLock(via, by, reason string) {
	if h.record == nil || !h.record.Lock.Open() {
		return
	}
	lock := *h.record.Lock
	lock.RemovedAt, lock.RemovedBy, lock.Via, lock.Reason = h.firing.session.now(), by, via, reason
	h.record.Lock = &lock
	if h.delivery != underWay {
		h.complete()
	}
	h.firing.session.history.changed(h.record)
}

// passOver closes a lock that nothing waits for any more, since something else
// decided. Nobody has passed the hook, and its endpoint's answer, should one
// still come, decides nothing: its record is skipped.
func (h *hook) passOver(reason string) {
	if h.record == nil || !h.record.Lock.Open() {
		return
	}
	h.record.Result, h.record.Decision = latch.ResultSkipped, ""
	skipped := "skipped: " + reason
	if h.record.Error != "" {
		skipped = h.record.Error + "; " + skipped
	}
	h.record.Error = skipped
	h.closeLock(latch.ViaOverride, "", reason)
}

// complete marks the record as ended.
func (h *hook) complete() {
	if h.record.CompletedAt.IsZero() {
		h.record.CompletedAt = h.firing.session.now()
	}
	if h.record.Result == latch.ResultPending {
		h.record.Result = h.resultOfData()
	}
}

// maximumShownTitle bounds, in bytes, how much of a title stands with each open lock.
const maximumShownTitle = 200

func (h *hook) openLock() latch.OpenLock {
	lock := latch.OpenLock{Token: h.record.Lock.Token, URL: h.record.Lock.URL, Webhook: h.webhook.ID,
		Event: h.firing.event, Step: h.firing.step, Job: h.record.Job, Release: h.record.Release,
		Title: truncate(h.firing.session.subject.title(), maximumShownTitle),
		Since: latch.NewTime(h.since), Enforced: h.enforced}
	if until := h.until(); !until.IsZero() {
		lock.Until, lock.OnTimeout = latch.NewTime(until), h.settings.OnTimeoutOrDefault()
	}
	return lock
}

func (h *hook) removedBy() string {
	if h.record.Lock == nil {
		return ""
	}
	return h.record.Lock.RemovedBy
}

// reason tells why the hook decided as it did, in a person's words.
func (h *hook) reason() string {
	parts := []string{"webhook " + h.webhook.ID + " at " + h.firing.event + ": " + h.record.Result}
	if h.rule != "" {
		parts = append(parts, truncate(h.rule, 200))
	}
	if h.record.Lock != nil && h.record.Lock.Reason != "" {
		parts = append(parts, h.record.Lock.Reason)
	}
	if h.record.Error != "" {
		parts = append(parts, h.record.Error)
	}
	return strings.Join(parts, "; ")
}
