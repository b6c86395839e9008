package workflows

import (
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// The message extend_lock, which moves a lock's deadline to a later time.

func (s *session) decodeExtension(data []byte) (*hook, latch.LockExtension, error) {
	var extension latch.LockExtension
	if err := extension.Decode(data); err != nil {
		return nil, extension, invalidArgument(err)
	}
	h, err := s.byToken(extension.Lock)
	if err == nil && h.freeze != nil {
		return nil, extension, refusal(latch.ErrorForbidden,
			"the lock of freeze %q goes away with the freeze, and has no other deadline: %s", h.freeze.ID, h.freezeEnds())
	}
	return h, extension, err
}

func (s *session) checkExtension(data []byte, _ sender) error {
	h, extension, err := s.decodeExtension(data)
	if err == nil {
		_, err = h.examineExtension(&extension)
	}
	return err
}

// examineExtension refuses a deadline that the lock cannot get. It reports whether the deadline is
// another than the lock has.
func (h *hook) examineExtension(extension *latch.LockExtension) (moves bool, err error) {
	lock, now, due := h.record.Lock, h.until(), h.firing.session.deadline()
	until := extension.Deadline(h.since)
	again := func(e latch.Extension) bool { return e.Until.Equal(until.Time) && e.By == extension.By }
	switch {
	case !lock.Open():
		return false, tooLate(extension.RefusedBy(h.record), h.record)
	case now.IsZero():
		return false, refusal(latch.ErrorInvalidArgument,
			"lock: webhook %q at %s has no lock_timeout, so that its lock has no deadline to move",
			h.webhook.ID, h.firing.event)
	case h.isExpired():
		return false, refusal(latch.ErrorTooLate, "the lock has timed out at %s", shown(now))
	case until.Equal(latch.NewTime(now).Time), slices.ContainsFunc(lock.Extensions, again):
		return false, nil
	case until.Before(now):
		return false, refusal(latch.ErrorInvalidArgument,
			"until: %s is before the lock's deadline, %s, which moves to a later time only", shown(until.Time), shown(now))
	case until.Sub(h.since) > latch.LongestLock:
		return false, refusal(latch.ErrorInvalidArgument,
			"until: %s is more than %s (ten years) after the lock was opened", shown(until.Time), latch.LongestLock)
	case !due.IsZero() && until.After(due):
		return false, refusal(latch.ErrorInvalidArgument,
			"until: %s is after the gate's deadline, %s, which closes the lock in any case", shown(until.Time), shown(due))
	}
	return true, nil
}

func shown(at time.Time) string { return at.UTC().Format(time.RFC3339) }

// extendLock moves a lock's deadline, and answers with the record.
func (s *session) extendLock(ctx workflow.Context, data []byte, from sender) (any, error) {
	h, extension, err := s.decodeExtension(data)
	if err != nil {
		return nil, err
	}
	if err := h.identifyExtender(ctx, &extension, &from); err != nil {
		return nil, err
	}
	moves, err := h.examineExtension(&extension)
	if err != nil {
		return nil, err
	}
	if moves {
		h.extended(latch.Extension{Until: extension.Deadline(h.since), At: s.now(), By: extension.By,
			IdentifiedBy: from.knows(extension.By),
			Via:          from.via, Reason: extension.Reason})
		h.firing.changed = true
		s.show()
	}
	return latch.Extended{Record: *h.record, Until: latch.NewTime(h.until()), Unchanged: !moves}, nil
}

// identifyExtender refuses those who may not move the deadline of a lock with approvals: they may
// if they may vote, or skip the hook. The name of one who votes is the proven one.
func (h *hook) identifyExtender(ctx workflow.Context, extension *latch.LockExtension, from *sender) error {
	maySkip := len(h.skipGroups) == 0 && (from.admin || from.runs && !h.enforced)
	if !h.settings.HasApprovals() || maySkip {
		return nil
	}
	request := protocol.ExamineRequest{Extension: extension, AllowUnproven: h.settings.AllowUnproven}
	var examined protocol.Examined
	if err := ask(ctx, "Examine who extends "+h.webhook.ID+" at "+h.firing.event, protocol.ActivityExamine, request,
		&examined); err != nil {
		return err
	}
	if examined.Forged != "" {
		return refusal(latch.ErrorForbidden, "voucher: %s", examined.Forged)
	}
	by := examined.Sender
	inSkipGroups := latch.IsProven(by.IdentifiedBy) && slices.ContainsFunc(by.Groups,
		func(g string) bool { return slices.Contains(h.skipGroups, g) })
	if err := h.rules().Refuses(by.Name, by.IdentifiedBy, by.Groups); err != nil && !inSkipGroups {
		return refusal(latch.ErrorForbidden, "only those who may vote about this lock, or skip its hook, may move its deadline: %s", err)
	}
	extension.By, from.identifiedBy = by.Name, by.IdentifiedBy
	return nil
}
