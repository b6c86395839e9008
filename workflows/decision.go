package workflows

import "github.com/latch-run/latch"

// A sending is how far a hook's delivery has come.
type sending int

const (
	notSent sending = iota
	underWay
	delivered
	undeliverable
)

// A standing is all of a hook that its decision depends on.
type standing struct {
	blocking bool
	// skipped: a person took the hook out, or `when` was false.
	skipped bool
	// whenFailed: the expression `when` itself failed.
	whenFailed bool
	delivery   sending
	// unreadable: the message arrived, but its answer cannot be read.
	unreadable bool
	// answersFail: the endpoint answered "fail" where that settles a hook
	// whose lock is still open, as at JOB_START.
	answersFail   bool
	lockRemoved   bool
	lockExpired   bool
	answerExpired bool
}

// A basis is what a hook's decision rests on.
type basis int

const (
	// open: the hook is not settled yet.
	open basis = iota
	// onNothing: the hook was skipped and decides nothing.
	onNothing
	// onRecord: the expressions over the record decide.
	onRecord
	// onError: the policy on_error decides.
	onError
	// onTimeout: the policy on_timeout decides.
	onTimeout
)

// basis gives what decides the hook (contract, "Decisions").
func (s standing) basis() basis {
	switch {
	case s.skipped:
		return onNothing
	case s.whenFailed:
		return onError
	case s.blocking && s.lockRemoved:
		return onRecord
	case s.blocking && (s.delivery == undeliverable || s.unreadable):
		return onError
	case s.blocking && s.answersFail:
		return onRecord
	case s.blocking && s.lockExpired:
		return onTimeout
	case s.blocking:
		return open
	case s.delivery == delivered:
		return onRecord
	case s.delivery == undeliverable, s.answerExpired:
		return onError
	default:
		return open
	}
}

// decide gives an event's decision from those of its hooks, "" for a hook
// that is still open, and whether it is final: once all hooks are decided, or
// by a rollback, or, where nothing was done yet, by a stop. Rollback beats
// stop beats continue.
func decide(hooks []string, nothingDone bool) (decision string, final bool) {
	decision, final = latch.Continue, true
	for _, hook := range hooks {
		if hook == "" {
			final = false
		}
		decision = stronger(decision, hook)
	}
	if decision == latch.Rollback || decision == latch.Stop && nothingDone {
		final = true
	}
	return decision, final
}

// stronger gives the one that beats the other.
func stronger(a, b string) string {
	if strength(b) > strength(a) {
		return b
	}
	return a
}

func strength(decision string) int {
	switch decision {
	case latch.Rollback:
		return 2
	case latch.Stop:
		return 1
	default:
		return 0
	}
}
