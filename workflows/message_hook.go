package workflows

import (
	"cmp"
	"maps"
	"strings"

	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/verdict"
)

// The messages about one hook: release_lock, record and skip.

// byToken returns the hook of a lock.
func (s *session) byToken(token string) (*hook, error) {
	for _, firing := range s.firings {
		for _, hook := range firing.hooks {
			if hook.record != nil && hook.record.Lock != nil && hook.record.Lock.Token == token {
				return hook, nil
			}
		}
	}
	if !strings.HasPrefix(token, s.execution.ID+":") {
		return nil, refusal(latch.ErrorUnknownLock, "lock %q is of another run: a lock begins with its workflow id, here %q", token,
			s.execution.ID)
	}
	return nil, refusal(latch.ErrorUnknownLock, "lock %q is unknown to this run", token)
}

func (s *session) decodeReleaseLock(data []byte) (*hook, latch.LockRelease, error) {
	var release latch.LockRelease
	if err := release.Decode(data); err != nil {
		return nil, release, invalidArgument(err)
	}
	hook, err := s.byToken(release.Lock)
	if err == nil && !hook.settings.HasApprovals() {
		release, err = s.withoutApprovals(release)
	}
	return hook, release, err
}

// withoutApprovals returns the removal as a lock without approvals takes it. To a run that an earlier
// version admitted, a rejection is the result fail alone, also where a second removal is compared.
func (s *session) withoutApprovals(release latch.LockRelease) (latch.LockRelease, error) {
	if release.Vote == latch.VoteReject && !s.admission.RejectionsStop {
		release.Result, release.Vote = latch.ResultFail, ""
		return release, nil
	}
	plain, err := release.WithoutApprovals()
	if err != nil {
		return release, invalidArgument(err)
	}
	return plain, nil
}

// checkReleaseLock also refuses a removal that comes too late for a used lock. It does so only
// here: an update that an earlier version accepted is answered as before.
func (s *session) checkReleaseLock(data []byte, _ sender) error {
	h, release, err := s.decodeReleaseLock(data)
	switch {
	case err != nil:
		return err
	case h.record.Lock.Open() && release.OtherDigest(h.record.Lock) != "":
		return refusal(latch.ErrorOtherDigest, "%s", release.OtherDigest(h.record.Lock))
	case h.record.Lock.Open() && h.checkRemoval(&release) != nil:
		return h.checkRemoval(&release)
	case h.record.Lock.Open() && h.settings.HasApprovals():
		return checkVote(&release)
	case h.record.Lock.Open():
		return nil
	}
	return tooLate(release.RefusedBy(h.record), h.record)
}

func (s *session) clearRelease(data []byte) error {
	h, release, err := s.decodeReleaseLock(data)
	if err != nil || !h.record.Lock.Open() {
		return err // a used lock answers with its record in any case
	}
	return h.unclear(withResult(release.Data, release.Result))
}

// withResult returns data with the result, if there is one.
func withResult(data latch.Object, result string) latch.Object {
	if result == "" {
		return data
	}
	with := latch.Object{}
	maps.Copy(with, data)
	with[latch.KeyResult] = rawjson.Encode(result)
	return with
}

// releaseLock removes a lock and answers with its record once the hook is decided, or has to
// soak first. A used lock answers with its record, unchanged.
func (s *session) releaseLock(ctx workflow.Context, data []byte, from sender) (any, error) {
	h, release, err := s.decodeReleaseLock(data)
	if err != nil {
		return nil, err
	}
	used := !h.record.Lock.Open()
	if !used && h.settings.HasApprovals() {
		if answer, err := h.vote(ctx, release, from); answer != nil || err != nil {
			return answer, err
		}
	} else if !used {
		h.released(release, from)
		h.firing.changed = true
	}
	return h.answerRemoval(ctx, used)
}

// answerRemoval answers with the record once the hook is decided, or has to soak first.
func (h *hook) answerRemoval(ctx workflow.Context, used bool) (any, error) {
	soaks := func() bool { return h.soaks() && !h.firing.changed && !h.firing.deciding }
	if err := workflow.Await(ctx, func() bool { return h.decision != "" || h.firing.decided || soaks() }); err != nil {
		return nil, err
	}
	return latch.Released{Record: *h.record, Unchanged: used}, nil
}

// unclear refuses external data whose decisive keys have no meaning. Keys for which the hook
// has expressions may have any value.
func (h *hook) unclear(data latch.Object) error {
	own := map[string]string{latch.KeyResult: h.settings.Result, latch.KeyStopRelease: h.settings.StopRelease,
		latch.KeyRollbackRelease: h.settings.RollbackRelease}
	var problems latch.Problems
	for _, key := range latch.DecisiveKeys {
		counts := h.firing.scope.Asks() || key == latch.KeyResult && h.hasSay
		if err := data.Understood(key); err != nil && counts && own[key] == "" {
			problems.Addf("", "data.%v", err)
		}
	}
	if len(problems) > 0 {
		return invalidArgument(problems)
	}
	return nil
}

func (s *session) decodeRecord(data []byte) (*hook, latch.RecordUpdate, error) {
	var update latch.RecordUpdate
	if err := update.Decode(data); err != nil {
		return nil, update, invalidArgument(err)
	}
	for _, firing := range s.firings {
		for _, hook := range firing.hooks {
			if hook.record == nil || hook.record.DeliveryID != update.DeliveryID {
				continue
			}
			if hook.freeze != nil {
				return nil, update, refusal(latch.ErrorForbidden,
					"%q is the lock of a freeze, whose record changes by release_lock alone", hook.webhook.ID)
			}
			if len(hook.skipGroups) > 0 {
				return nil, update, refusal(latch.ErrorForbidden,
					"only %s may skip webhook %q, and a record would let it pass as well", ofGroups(hook.skipGroups), hook.webhook.ID)
			}
			if hook.settings.HasApprovals() {
				return nil, update, refusal(latch.ErrorForbidden, "webhook %q at %s has approvals: what it goes by comes by votes, with "+
					"release_lock", hook.webhook.ID, firing.event)
			}
			if !firing.mayStillChange() {
				return nil, update, refusal(latch.ErrorTooLate, "%s is decided: its records stand", firing.event)
			}
			return hook, update, nil
		}
	}
	return nil, update, refusal(latch.ErrorInvalidArgument, "delivery_id: no record of this run has the delivery id %q", update.DeliveryID)
}

func (s *session) checkRecord(data []byte, _ sender) error {
	_, _, err := s.decodeRecord(data)
	return err
}

func (s *session) clearRecord(data []byte) error {
	h, update, err := s.decodeRecord(data)
	if err != nil {
		return err
	}
	return h.unclear(withResult(update.Data, update.Result))
}

// updateRecord changes a record, and decides its hook again.
func (s *session) updateRecord(ctx workflow.Context, data []byte, _ sender) (any, error) {
	h, update, err := s.decodeRecord(data)
	if err != nil {
		return nil, err
	}
	h.updated(update)
	h.evaluate(ctx)
	h.firing.changed = true
	if h.takesPart() && !h.record.Lock.Open() && !h.skipped && h.state != verdict.UnderWay {
		h.reconsider = true
		if err := workflow.Await(ctx, func() bool { return !h.reconsider || h.firing.decided }); err != nil {
			return nil, err
		}
	}
	s.show()
	return *h.record, nil
}

func (s *session) decodeSkip(data []byte, from sender) (*hook, latch.Skip, error) {
	var skip latch.Skip
	if err := skip.Decode(data); err != nil {
		return nil, skip, invalidArgument(err)
	}
	h, err := s.hookToSkip(skip)
	if err != nil {
		return nil, skip, err
	}
	if h.freeze != nil {
		return nil, skip, refusal(latch.ErrorForbidden,
			"freeze %q is not skipped: those whom its override names remove its lock; %s", h.freeze.ID, h.freezeEnds())
	}
	if h.enforced && len(h.skipGroups) == 0 && !from.admin {
		return nil, skip, refusal(latch.ErrorForbidden, "webhook %q is enforced: only the role admin may skip it", h.webhook.ID)
	}
	if h.firing.decided || !h.takesPart() {
		return nil, skip, tooLateToSkip(h)
	}
	return h, skip, nil
}

func (s *session) hookToSkip(skip latch.Skip) (*hook, error) {
	if skip.Lock != "" {
		return s.byToken(skip.Lock)
	}
	var found *hook
	for _, firing := range s.firings {
		for _, hook := range firing.hooks {
			if hook.record != nil && hook.webhook.ID == skip.Webhook && firing.event == skip.Event && (skip.Step == "" || firing.step == skip.Step) {
				found = hook
			}
		}
	}
	if found == nil {
		return nil, refusal(latch.ErrorInvalidArgument, "webhook: no record of this run is of webhook %q at %s", skip.Webhook, skip.Event)
	}
	return found, nil
}

func tooLateToSkip(h *hook) error {
	return refusal(latch.ErrorTooLate, "webhook %q at %s holds nothing up", h.webhook.ID, h.firing.event)
}

func (s *session) checkSkip(data []byte, from sender) error {
	if step, is := stepToSkip(data); is {
		return s.checkSkipStep(step)
	}
	_, _, err := s.decodeSkip(data, from)
	return err
}

// skip excludes a hook from its event's decision, or a failed step from the release.
func (s *session) skip(ctx workflow.Context, data []byte, from sender) (any, error) {
	if step, is := stepToSkip(data); is {
		return s.skipStep(step, from)
	}
	h, skip, err := s.decodeSkip(data, from)
	if err != nil {
		return nil, err
	}
	if len(h.skipGroups) > 0 {
		if err := h.examineSkip(ctx, &skip, &from); err != nil {
			return nil, err
		}
		if again, _, err := s.decodeSkip(data, from); err != nil || again != h { // it was decided meanwhile
			return nil, cmp.Or(err, tooLateToSkip(h))
		}
	}
	h.skipped = true
	h.takenOut(skip, from)
	h.firing.changed = true
	s.show()
	return *h.record, nil
}
