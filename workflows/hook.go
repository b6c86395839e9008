package workflows

import (
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/approval"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/verdict"
)

// A hook is one webhook at one firing: its delivery, its lock and its decision.
type hook struct {
	*delivery
	firing *firing
	// policy holds the settings with their defaults.
	policy latch.Event
	// enforced and freeze have the same meaning as in [protocol.AttachedWebhook].
	enforced bool
	freeze   *protocol.HeldFreeze
	// skipGroups are the groups whose members alone may skip the hook. It is empty if roles decide.
	skipGroups []string

	skipped, whenFailed bool
	// reconsider reports that the record was updated since the decision.
	reconsider bool
	// rule is the expression that the decision rests on, if one was true.
	rule  string
	since time.Time

	// votes are those about a lock with approvals.
	votes []approval.Vote

	// stream is the stream of the delivery, or nil if nothing is sent.
	stream *stream
	turn   turn
	// spare is the lock that is used if the hook's analysis is inconclusive.
	spare *latch.RecordLock
}

func newHook(f *firing, webhook *protocol.AttachedWebhook, settings latch.Event) *hook {
	h := &hook{firing: f, policy: latch.WithDefaults(settings), enforced: webhook.Enforced, freeze: webhook.Freeze,
		skipGroups: webhook.SkipGroups, delivery: &delivery{webhook: &webhook.Webhook, settings: settings,
			registered: webhook.Registered, history: &f.session.history, now: f.session.now, counts: counts{f.session.detached}}}
	h.lockClosed = h.tellLockClosed
	h.policy.AnswerTimeout = latch.Duration(webhook.AnswerTimeout(settings))
	// The answer counts if it decides, if an expression sets the record's result, and at custom
	// events.
	h.hasSay = h.takesPart() || h.wouldTakePart() || settings.Result != "" || !latch.IsBuiltInEvent(f.event)
	return h
}

// begin writes the planned record of the hook. From then on, a hook with something to call is
// in flight.
func (h *hook) begin(plan protocol.PlannedHook) {
	s := h.firing.session
	h.since = workflow.Now(s.detached)
	record := latch.Record{
		DeliveryID: h.firing.deliveryID(h.webhook.ID),
		Webhook:    h.webhook.ID,
		Event:      h.firing.event,
		Step:       h.firing.step,
		Emission:   h.firing.emission,
		WorkflowID: s.execution.ID,
		RunID:      s.execution.RunID,
		Result:     latch.ResultPending,
		Data:       latch.Object{},
		StartedAt:  latch.NewTime(h.since),
		Enforced:   h.enforced,
	}
	h.firing.subject.mark(&record)
	switch {
	case plan.Error != "":
		h.whenFailed = true
		record.Result, record.Error, record.CompletedAt = latch.ResultFail, "when: "+plan.Error, record.StartedAt
	case plan.Skip:
		h.skipped = true
		record.Result, record.Error, record.CompletedAt = latch.ResultSkipped, "when is false: "+h.settings.When, record.StartedAt
	default:
		if h.settings.Blocking {
			record.Lock = &latch.RecordLock{Token: plan.Lock, URL: plan.LockURL, Digest: plan.Digest}
		}
		if h.freeze != nil {
			record.Error = h.freeze.Error
		}
		if h.mayAsk() {
			h.spare = &latch.RecordLock{Token: plan.Lock, URL: plan.LockURL, Digest: plan.Digest}
		}
		if !h.webhook.HasTarget() && !h.settings.Blocking { // it only soaks
			h.state, record.Result, record.CompletedAt = verdict.Delivered, latch.ResultPass, record.StartedAt
		}
		if h.webhook.HasTarget() {
			h.state = verdict.UnderWay
			s.streams.of(h.webhook.ID).number(&record)
		}
	}
	h.planned(record)
	if h.whenFailed {
		h.foresee(s.detached)
	}
	h.enterStream()
}

// takesPart reports whether the hook takes part in its event's decision.
func (h *hook) takesPart() bool {
	return (h.firing.scope.Asks() || h.settings.Blocking || h.settings.Soak > 0 || h.webhook.Analysis != nil) && h.settings.IsActedOn()
}

// wouldTakePart reports whether the hook's decision is recorded without effect.
func (h *hook) wouldTakePart() bool { return h.firing.scope.Asks() && !h.settings.IsActedOn() }

// foresee records what the hook would have decided, once it is settled.
func (h *hook) foresee(ctx workflow.Context) {
	if !h.wouldTakePart() {
		return
	}
	switch h.standing().Basis() {
	case verdict.OnRecord:
		answer := h.verdict
		if answer == nil {
			asked, err := h.ask(ctx)
			if err != nil {
				return // the run ends
			}
			answer = asked
		}
		h.foreseen(answer.Decide(h.settings, h.firing.scope), answer.RestsOn(h.firing.scope))
	case verdict.OnError:
		h.foreseen(h.policy.OnError, "on_error: "+h.policy.OnError)
	}
}

// standing collects what the hook's decision depends on.
func (h *hook) standing() verdict.Standing {
	expired := h.isExpired()
	return verdict.Standing{
		Blocking:      h.settings.Blocking,
		Skipped:       h.skipped,
		WhenFailed:    h.whenFailed,
		Delivery:      h.state,
		Unreadable:    h.unreadable(),
		AnswersFail:   h.firing.scope == verdict.Begins && h.answersFail(),
		LockRemoved:   h.lockRemoved,
		LockExpired:   h.settings.Blocking && expired,
		AnswerExpired: !h.settings.Blocking && expired,
	}
}

// isExpired reports whether the hook's own wait is over.
func (h *hook) isExpired() bool {
	until := h.until()
	return !until.IsZero() && !workflow.Now(h.firing.session.detached).Before(until)
}

// answersFail reports whether the endpoint's answer means "fail", or cannot be understood.
func (h *hook) answersFail() bool {
	switch {
	case h.state != verdict.Delivered:
		return false
	case h.settings.Result != "":
		return h.verdict != nil && h.verdict.Error == "" && h.verdict.Result == latch.ResultFail
	case h.verdict != nil:
		return h.verdict.Result == latch.ResultFail
	default:
		return h.askHere(h.firing.session.detached).Result == latch.ResultFail
	}
}

// until returns when the wait for the hook ends, or zero if it never does.
func (h *hook) until() time.Time {
	switch {
	case h.freeze != nil:
		return h.freeze.Until.Time
	case h.settings.Blocking && h.settings.LockTimeout > 0:
		return h.lockExpires()
	case h.settings.Blocking:
		return time.Time{}
	default:
		return h.since.Add(time.Duration(h.policy.AnswerTimeout))
	}
}

// endsWaiting returns when the wait for the hook ends, with the decision at that time: at its
// own limit, or at the gate's deadline if that is earlier. The time is zero if the wait never
// ends.
func (h *hook) endsWaiting() (at time.Time, policy string) {
	own, due := h.until(), h.firing.session.deadline()
	switch {
	case !due.IsZero() && (own.IsZero() || due.Before(own)):
		return due, h.onDeadline()
	case h.settings.Blocking:
		return own, h.policy.OnTimeout
	default:
		return own, h.policy.OnError
	}
}

// expiry says why the lock's wait has ended.
func (h *hook) expiry() string {
	if h.freeze != nil {
		return "freeze " + h.freeze.ID + " has ended"
	}
	return "not removed within " + h.lockLasts().String()
}

// lockName returns the webhook's part of the lock's token, which has no colon.
func (h *hook) lockName() string { return strings.ReplaceAll(h.webhook.ID, ":", "/") }

func (h *hook) needsDecision() bool { return h.decision == "" || h.reconsider }

// decide settles the hook if possible, and records the decision.
func (h *hook) decide(ctx workflow.Context) error {
	if h.mustAskAhead() {
		answer, err := h.ask(ctx)
		if err != nil {
			return err
		}
		h.verdict = answer
	}
	basis := h.standing().Basis()
	if h.reconsider && basis == verdict.OnError {
		basis = verdict.OnRecord // an update has set the outcome since
	}
	switch basis {
	case verdict.Open:
		if h.firing.session.overdue() {
			h.rule = "on_deadline: " + h.onDeadline()
			h.overdue(h.onDeadline())
		}
		return nil
	case verdict.OnNothing:
		h.decision = latch.Continue
	case verdict.OnRecord:
		return h.decideOnRecord(ctx)
	case verdict.OnError:
		if h.holdsBack(h.policy.OnError) {
			return nil
		}
		h.failed(h.policy.OnError)
	case verdict.OnTimeout:
		if h.holdsBack(h.policy.OnTimeout) {
			return nil
		}
		h.expired(h.policy.OnTimeout, h.expiry())
	}
	h.reconsider = false
	return nil
}

// decideOnRecord evaluates the expressions, unless the send activity has already done so.
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
			return nil // a person excluded the hook meanwhile
		}
		answer = asked
	}
	decision, rule := answer.Decide(h.settings, h.firing.scope), answer.RestsOn(h.firing.scope)
	if h.isRejected() {
		decision, rule = verdict.Rejected(decision, rule)
	}
	if h.holdsBack(decision) {
		h.verdict = answer
		return nil
	}
	h.rule = answer.Rule
	h.ruled(answer, decision, rule)
	return nil
}

// mustAskAhead reports whether the endpoint's answer may settle the hook while its lock is
// open, and the previous evaluation is outdated.
func (h *hook) mustAskAhead() bool {
	return h.settings.Blocking && h.answersForItself() && h.state == verdict.Delivered && h.record.Lock.Open() &&
		h.verdict == nil && h.settings.Result != ""
}

// ask evaluates the expressions over the current record, and records the answer.
func (h *hook) ask(ctx workflow.Context) (*verdict.Verdict, error) {
	h.reconsider = false
	question := verdict.ForEvent(h.settings, h.firing.scope)
	if !question.Decides && question.Result == "" {
		return h.askHere(ctx), nil
	}
	record, said := h.told()
	if question.IsDefault() && h.firing.session.admission.DecidesHere {
		answer := verdict.ByDefaults(question, record, said)
		return &answer, nil
	}
	request := protocol.EvaluateRequest{Question: question, Record: record, Answer: said, Variables: h.variables(neededBy(question))}
	var answer verdict.Verdict
	err := ask(ctx, "Decide "+h.webhook.ID+" at "+h.firing.event, protocol.ActivityEvaluate, request, &answer)
	return &answer, err
}

// variables returns the variables that the hook's templates and expressions need.
func (h *hook) variables(needed []string) expr.Variables {
	own := with(h.firing.variables, expr.Variables{"webhook": rawjson.Encode(map[string]string{"id": h.webhook.ID})})
	if lock := h.lockToOpen(); lock != nil {
		own["lock"], own["lock_url"] = rawjson.Encode(lock.Token), rawjson.Encode(lock.URL)
	}
	h.firing.session.addRecords(own, needed, h.firing.emission)
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

// maximumShownTitle bounds the title that is stored with each open lock, in bytes.
const maximumShownTitle = 200

func (h *hook) openLock() latch.OpenLock {
	lock := latch.OpenLock{Token: h.record.Lock.Token, URL: h.record.Lock.URL, Digest: h.record.Lock.Digest, Webhook: h.webhook.ID,
		Event: h.firing.event, Step: h.firing.step, Job: h.record.Job, Release: h.record.Release,
		Title: excerpt.Of(h.firing.subject.title(), maximumShownTitle),
		Since: latch.NewTime(h.since), Enforced: h.enforced}
	if until, policy := h.endsWaiting(); !until.IsZero() {
		lock.Until, lock.OnTimeout = latch.NewTime(until), policy
	}
	h.addWait(&lock)
	if h.settings.HasApprovals() {
		lock.Approvals, lock.Missing = withoutReasons(h.record.Approvals), h.missing()
		rules := h.rules()
		lock.Excluded, lock.AllowUnproven = rules.Excluded, rules.AllowUnproven
	}
	return lock
}

// decidedBy returns the hook, and the person who removed its lock, if there is one.
func (h *hook) decidedBy() latch.DecidedBy {
	by := latch.DecidedBy{Webhook: h.webhook.ID, Event: h.firing.event}
	if lock := h.record.Lock; lock != nil {
		by.By, by.IdentifiedBy = lock.RemovedBy, lock.IdentifiedBy
	}
	return by
}

// reason returns the reason for the hook's decision, for people.
func (h *hook) reason() string {
	parts := []string{"webhook " + h.webhook.ID + " at " + h.firing.event + ": " + h.record.Result}
	if h.rule != "" {
		parts = append(parts, excerpt.Of(h.rule, 200))
	}
	if h.record.Lock != nil && h.record.Lock.Reason != "" {
		parts = append(parts, h.record.Lock.Reason)
	}
	if h.record.Error != "" {
		parts = append(parts, h.record.Error)
	}
	return strings.Join(parts, "; ")
}
