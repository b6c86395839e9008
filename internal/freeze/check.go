package freeze

import (
	"fmt"
	"time"
	_ "time/tzdata" // gives the same results on a machine without a time zone database

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cron"
)

// Check returns the problems with the times of a freeze's windows. What is missing is a problem of
// the freeze's shape, see [latch.Freeze.Validate].
func Check(freeze *latch.Freeze) latch.Problems {
	var problems latch.Problems
	for i := range freeze.Windows {
		check(&problems, fmt.Sprintf("windows[%d].", i), &freeze.Windows[i])
	}
	return problems
}

func check(problems *latch.Problems, path string, given *latch.FreezeWindow) {
	start, startRight := calendar(problems, path+"start", given.Start)
	end, endRight := calendar(problems, path+"end", given.End)
	if _, err := cron.LoadZone(given.Timezone); err != nil {
		problems.Addf(path+"timezone", "%v", err)
	}
	switch {
	case startRight && endRight && start.Equal(end):
		problems.Addf(path+"end", "%q is the same times as start: such a window is never open", given.End)
	case startRight && start.Next(beginning).IsZero():
		problems.Addf(path+"start", "%q never comes: there is no such day", given.Start)
	case endRight && end.Next(beginning).IsZero():
		problems.Addf(path+"end", "%q never comes: there is no such day, and the window would never end", given.End)
	}
}

// calendar parses an expression, and reports whether it is right. One that is missing is neither.
func calendar(problems *latch.Problems, path, text string) (cron.Calendar, bool) {
	if text == "" {
		return cron.Calendar{}, false
	}
	parsed, err := cron.ParseCalendar(text)
	if err != nil {
		problems.Addf(path, "%q: %v", text, err)
	}
	return parsed, err == nil
}

// Doubts returns what is probably a mistake in a freeze without problems.
func Doubts(freeze *latch.Freeze, now time.Time) []latch.Problem {
	var doubts latch.Problems
	switch {
	case freeze.MayOverride():
	case freeze.Override != nil && freeze.Override.Reason:
		doubts.Addf("override", "names neither groups nor users, so that nobody may remove a lock of this freeze, with a reason or without")
	default:
		doubts.Addf("override", "names neither groups nor users, so that nobody may remove a lock of this freeze: a release waits until the "+
			"window ends, or is stopped")
	}
	state, err := At(freeze, now)
	if err != nil {
		return doubts
	}
	switch {
	case state.InForce && state.Until.IsZero():
		doubts.Addf("windows", "the freeze is in force and never ends")
	case !state.InForce && state.Next == nil:
		doubts.Addf("windows", "none of them comes again: the freeze is over")
	}
	return doubts
}
