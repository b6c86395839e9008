package freeze

import (
	"time"

	"github.com/latch-run/latch"
)

// Shown returns a registered freeze with its state at a time. One that this version cannot read has
// no state.
func Shown(registered latch.RegisteredFreeze, now time.Time) latch.RegisteredFreeze {
	registered.State = nil
	if state, err := At(&registered.Freeze, now); err == nil {
		registered.State = &state
	}
	return registered
}
