package verdict

import "github.com/latch-run/latch"

// A Scope says what the hooks of an event may decide.
type Scope int

const (
	// Tells is an event that continues whatever the results of its hooks.
	Tells Scope = iota
	// Begins is JOB_START: a hook whose result is "fail" stops the job.
	Begins
	// Decides is an event of a release, or a gate in a user's workflow. It
	// evaluates stop_release and rollback_release.
	Decides
	// Admits is latch.Gate. It evaluates them too, and only a clear "pass" lets
	// the gate pass.
	Admits
)

// Asks reports whether stop_release and rollback_release are evaluated.
func (s Scope) Asks() bool { return s == Decides || s == Admits }

// Decide returns a hook's decision by the verdict on its record: continue, stop
// or rollback.
func (v Verdict) Decide(settings latch.Event, scope Scope) string {
	switch {
	case v.Error != "":
		return latch.WithDefaults(settings).OnError
	case scope == Admits && v.Decision == latch.Continue && v.Result != latch.ResultPass:
		return latch.Stop
	case scope.Asks():
		return v.Decision
	case scope == Begins && v.Result == latch.ResultFail:
		return latch.Stop
	default:
		return latch.Continue
	}
}

// RestsOn returns what a decision of [Verdict.Decide] rests on, unless a policy
// decides: the key and expression that applied, the result at JOB_START and at a
// gate, or that no expression applied. It is "" if the hook decides nothing.
func (v Verdict) RestsOn(scope Scope) string {
	switch {
	case scope == Begins, scope == Admits && v.Rule == "":
		return latch.KeyResult + ": " + v.Result
	case !scope.Asks():
		return ""
	case v.Rule != "":
		return v.Rule
	case v.Decision == latch.Stop || v.Decision == latch.Rollback: // recorded before verdicts had a rule
		return v.Decision + "_release"
	default:
		return "neither " + latch.KeyRollbackRelease + " nor " + latch.KeyStopRelease
	}
}

// Rejected returns what a hook decides whose votes have rejected, and what that rests on: it lets
// nothing pass, whatever its expressions say (contract, "Approvals").
func Rejected(decision, rule string) (string, string) {
	if decision == latch.Continue {
		return latch.Stop, "approvals: rejected"
	}
	return decision, rule
}

// A Delivery is the state of a hook's delivery.
type Delivery int

const (
	// NotSent: the hook sends nothing.
	NotSent Delivery = iota
	UnderWay
	Delivered
	Undeliverable
)

// A Standing is the state of a hook that its decision depends on.
type Standing struct {
	Blocking bool
	// Skipped: a person skipped the hook, or `when` was false.
	Skipped bool
	// WhenFailed: the expression `when` failed.
	WhenFailed bool
	Delivery   Delivery
	// Unreadable: the message was delivered, but the response cannot be read.
	Unreadable bool
	// AnswersFail: the endpoint answered "fail", and that decides a hook whose
	// lock is still open, as at JOB_START.
	AnswersFail   bool
	LockRemoved   bool
	LockExpired   bool
	AnswerExpired bool
}

// A Basis says what a hook's decision rests on.
type Basis int

const (
	// Open: the hook is still undecided.
	Open Basis = iota
	// OnNothing: the hook was skipped and decides nothing.
	OnNothing
	// OnRecord: the verdict on the record decides.
	OnRecord
	// OnError: the policy on_error decides.
	OnError
	// OnTimeout: the policy on_timeout decides.
	OnTimeout
)

// Basis returns what the hook's decision rests on (contract, "Decisions").
func (s Standing) Basis() Basis {
	switch {
	case s.Skipped:
		return OnNothing
	case s.WhenFailed:
		return OnError
	case s.Blocking && s.LockRemoved:
		return OnRecord
	case s.Blocking && (s.Delivery == Undeliverable || s.Unreadable):
		return OnError
	case s.Blocking && s.AnswersFail:
		return OnRecord
	case s.Blocking && s.LockExpired:
		return OnTimeout
	case s.Blocking:
		return Open
	case s.Delivery == Delivered:
		return OnRecord
	case s.Delivery == Undeliverable, s.AnswerExpired:
		return OnError
	default:
		return Open
	}
}

// Combine returns an event's decision from those of its hooks, "" for an
// undecided hook, and whether it is final. It is final once all hooks have
// decided, after a rollback or, if nothing has been done yet, after a stop.
// Rollback takes precedence over stop, and stop over continue.
func Combine(hooks []string, nothingDone bool) (decision string, final bool) {
	decision, final = latch.Continue, true
	for _, hook := range hooks {
		if hook == "" {
			final = false
		}
		if strength(hook) > strength(decision) {
			decision = hook
		}
	}
	if decision == latch.Rollback || decision == latch.Stop && nothingDone {
		final = true
	}
	return decision, final
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
