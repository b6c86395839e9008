package latchtest

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/testsuite"

	"github.com/latch-run/latch"
)

// soon is how long a lock is kept open if the script gives no time: long enough
// for the message to arrive, and be retried a few times.
const soon = time.Minute

// A removal is the scripted removal of a lock.
type removal struct {
	// after is negative if the script gives no time.
	after   time.Duration
	release latch.LockRelease
}

// Release scripts the removal of the next lock of these hooks by a person, a
// minute after the lock was made. By then its message has arrived, unless it is
// retried. A lock that times out within two minutes is removed after half of
// its time. Lock is filled in.
//
// A lock with approvals takes it for a vote of By, who is in Groups. Without By,
// as many people approve as have to.
func (s *Script) Release(release latch.LockRelease) *Script {
	s.hooks.t.Helper()
	return s.remove(removal{-1, release})
}

// ReleaseAfter is [Script.Release] with the time after the lock was made, by
// the environment's clock. A lock that has timed out by then is not removed.
func (s *Script) ReleaseAfter(after time.Duration, release latch.LockRelease) *Script {
	s.hooks.t.Helper()
	if after < 0 {
		s.hooks.fatalf("latchtest: %s: ReleaseAfter(%s): no lock is removed before it is made", s.where, after)
	}
	return s.remove(removal{after, release})
}

func (s *Script) remove(next removal) *Script {
	s.hooks.t.Helper()
	problem := next.problem()
	if s.where.url != "" {
		problem = "what is sent to a URL has no lock; use On"
	}
	if problem != "" {
		s.hooks.fatalf("latchtest: %s: %s", s.where, problem)
	}
	s.change(func(r *rule) { r.removals = append(r.removals, next) })
	return s
}

// problem returns why a removal is invalid, or "".
func (r removal) problem() string {
	if r.release.Lock != "" {
		return fmt.Sprintf("Release fills in Lock, which is %q here", r.release.Lock)
	}
	filled, checked := r.release, latch.LockRelease{}
	filled.Lock = "token"
	data, err := json.Marshal(filled)
	if err == nil {
		err = checked.Decode(data)
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// Locks returns the open locks of all runs, with their tokens. Use it in a
// callback (RegisterDelayedCallback) for what scripts cannot do, such as
// skipping a lock's hook.
func (h *Hooks) Locks() []latch.OpenLock {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	locks := []latch.OpenLock{}
	for _, each := range h.runs {
		locks = append(locks, each.locks...)
	}
	return locks
}

// noticeLocks schedules the scripted removals of a run's new locks.
func (h *Hooks) noticeLocks(in *run, open []latch.OpenLock) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	in.locks = open
	for _, lock := range open {
		if h.seen[lock.Token] {
			continue
		}
		h.seen[lock.Token] = true
		h.made = append(h.made, fmt.Sprintf("%s of %q", lock.Event, lock.Webhook))
		there := where{webhook: lock.Webhook, event: lock.Event, step: lock.Step, workflow: in.id}
		r := h.ruleFor(there, func(r *rule) bool { return len(r.removals) > 0 })
		if r == nil {
			continue
		}
		next := r.removals[min(r.begun, len(r.removals)-1)]
		r.begun++
		r.missed = "the run had ended before its time came"
		next.release.Lock = lock.Token
		for _, release := range next.votes(lock) {
			h.env.RegisterDelayedCallback(func() { h.release(in, r, release) }, next.delay(lock))
		}
	}
}

// votes returns the messages that remove the lock: one, or without a name as many as it has to be
// approved by.
func (r removal) votes(lock latch.OpenLock) []latch.LockRelease {
	if len(lock.Missing) == 0 || r.release.By != "" || r.release.Choice() != latch.VoteApprove {
		return []latch.LockRelease{r.release}
	}
	var votes []latch.LockRelease
	named := map[string]bool{}
	for _, missing := range lock.Missing {
		for range missing.Count {
			vote := r.release
			vote.By, vote.Groups = fmt.Sprintf("approver %d", len(votes)+1), missing.Groups[:min(len(missing.Groups), 1)]
			for _, user := range missing.Users {
				if len(missing.Groups) == 0 && !named[user] {
					vote.By = user
					break
				}
			}
			named[vote.By] = true
			votes = append(votes, vote)
		}
	}
	return votes
}

// delay returns how long the lock stays open.
func (r removal) delay(lock latch.OpenLock) time.Duration {
	switch limit := lock.Until.Sub(lock.Since.Time); {
	case r.after >= 0:
		return r.after
	case lock.Until.IsZero():
		return soon
	default:
		return min(soon, limit/2)
	}
}

// release removes a lock unless it is already closed.
func (h *Hooks) release(in *run, r *rule, release latch.LockRelease) {
	id, open := h.update(in, r, release.Lock)
	if !open {
		return
	}
	refused := func(err error) {
		h.mutex.Lock()
		r.missed = "one was refused"
		h.mutex.Unlock()
		h.errorf("latchtest: %s: the removal of lock %q was refused: %v", r.where, release.Lock, err)
	}
	err := h.env.UpdateWorkflowByID(in.id, latch.MessageReleaseLock, id, &testsuite.TestUpdateCallback{
		OnAccept: func() {
			h.mutex.Lock()
			defer h.mutex.Unlock()
			r.removed++
		},
		OnReject: refused,
		OnComplete: func(_ any, err error) {
			if err != nil {
				refused(err)
			}
		},
	}, release)
	if err != nil {
		refused(err)
	}
}

// update returns the id of the update that removes a lock, and whether the lock
// is still open.
func (h *Hooks) update(in *run, r *rule, token string) (id string, open bool) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.updates++
	open = slices.ContainsFunc(in.locks, func(lock latch.OpenLock) bool { return lock.Token == token })
	if !open {
		r.missed = "the lock was no longer open when its time came"
	}
	return fmt.Sprintf("latchtest-%d", h.updates), open
}
