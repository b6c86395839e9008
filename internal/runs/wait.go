package runs

import "github.com/latch-run/latch"

// These are the values of [Wait.For] beside those of [latch.UndecidedHook].
const (
	// WaitsForLock: somebody has to remove the hook's lock.
	WaitsForLock = "lock"
	// WaitsForChoice: somebody has to say what becomes of a failed step.
	WaitsForChoice = "choice"
)

// A Wait is what a run waits for, as lists of runs show it: a hook, or a failed step.
type Wait struct {
	Webhook   string     `json:"webhook,omitempty" doc:"Absent of a choice"`
	Event     string     `json:"event,omitempty" doc:"Absent of a choice"`
	Step      string     `json:"step,omitempty"`
	For       string     `json:"for" enum:"lock,answer,measurements,soak,choice" doc:"What it waits for: that the hook's lock is removed, the hook's answer, an analysis that measures, its soak, or that somebody retries or skips a failed step"`
	Since     latch.Time `json:"since"`
	Until     latch.Time `json:"until,omitzero" doc:"When the wait ends by itself; absent where it waits for ever"`
	OnTimeout string     `json:"on_timeout,omitempty" enum:"continue,stop,rollback" doc:"What the timeout decides; absent of a soak"`
	Enforced  bool       `json:"enforced,omitempty"`
}

// What names what the run waits for, for people: the webhook of a lock, or else what is missing.
func (w *Wait) What() string {
	switch w.For {
	case latch.WaitsForAnswer, latch.WaitsForMeasurements, latch.WaitsForSoak:
		return "the " + w.For + " of " + w.Webhook
	case WaitsForChoice:
		return "a choice about step " + w.Step
	default:
		return w.Webhook
	}
}

// WaitsOf returns what a run waits for: locks first, then hooks without one, then choices. It leaves
// out hooks that only record what they decide.
func WaitsOf(status *latch.Status) []Wait {
	var waits []Wait
	for i := range status.Locks {
		lock := &status.Locks[i]
		waits = append(waits, Wait{Webhook: lock.Webhook, Event: lock.Event, Step: lock.Step, For: WaitsForLock, Since: lock.Since,
			Until: lock.Until, OnTimeout: lock.OnTimeout, Enforced: lock.Enforced})
	}
	for i := range status.Undecided {
		if hook := &status.Undecided[i]; !hook.Observes {
			waits = append(waits, Wait{Webhook: hook.Webhook, Event: hook.Event, Step: hook.Step, For: hook.WaitsFor, Since: hook.Since,
				Until: hook.Until, OnTimeout: hook.OnTimeout, Enforced: hook.Enforced})
		}
	}
	for i := range status.Paused {
		waits = append(waits, Wait{Step: status.Paused[i].Step, For: WaitsForChoice, Since: status.Paused[i].Since})
	}
	return waits
}
