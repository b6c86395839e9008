package freeze

import (
	"fmt"
	"time"

	"github.com/latch-run/latch"
)

// maximumJoined bounds the windows that are joined to one period. Windows that adjoin without end
// are said to end after that many.
const maximumJoined = 1000

// At returns the state of a freeze at a time. It returns an error for a freeze that [Check] finds
// problems in.
func At(freeze *latch.Freeze, now time.Time) (latch.FreezeState, error) {
	windows := make(windows, len(freeze.Windows))
	for i := range freeze.Windows {
		var err error
		if windows[i], err = parse(&freeze.Windows[i]); err != nil {
			return latch.FreezeState{}, fmt.Errorf("freeze %q: windows[%d]: %w", freeze.ID, i, err)
		}
	}
	var state latch.FreezeState
	after := now
	if around, open := windows.at(now); open {
		state.InForce, state.Since = true, latch.NewTime(around.since)
		if after = around.until; after.IsZero() {
			return state, nil
		}
		state.Until = latch.NewTime(after)
	}
	if next, comes := windows.next(after); comes {
		state.Next = &latch.FreezePeriod{Since: latch.NewTime(next.since)}
		if !next.until.IsZero() {
			state.Next.Until = latch.NewTime(next.until)
		}
	}
	return state, nil
}

// windows are those of one freeze.
type windows []window

// at returns the period around a time: that of the windows that are open, joined with those that
// they overlap or adjoin.
func (w windows) at(t time.Time) (period, bool) {
	joined, open := w.around(t)
	if !open {
		return joined, false
	}
	for range maximumJoined {
		earlier, overlaps := w.around(joined.since.Add(-time.Nanosecond))
		if !overlaps || !earlier.since.Before(joined.since) || joined.since.Before(beginning) {
			break
		}
		joined.since = earlier.since
	}
	for range maximumJoined {
		if joined.until.IsZero() {
			break
		}
		later, overlaps := w.around(joined.until)
		if !overlaps {
			break
		}
		joined.until = later.until
	}
	return joined, true
}

// around returns the union of the windows that are open at a time.
func (w windows) around(t time.Time) (all period, open bool) {
	for i := range w {
		each, is := w[i].at(t)
		switch {
		case !is:
		case !open:
			all, open = each, true
		default:
			if each.since.Before(all.since) {
				all.since = each.since
			}
			if each.until.IsZero() || !all.until.IsZero() && each.until.After(all.until) {
				all.until = each.until
			}
		}
	}
	return all, open
}

// next returns the first period that begins after a time at which no window is open.
func (w windows) next(t time.Time) (period, bool) {
	for range maximumJoined {
		var first time.Time
		for i := range w {
			if at := w[i].next(t); !at.IsZero() && (first.IsZero() || at.Before(first)) {
				first = at
			}
		}
		if first.IsZero() {
			return period{}, false
		}
		if found, open := w.at(first); open {
			return period{first, found.until}, true
		}
		t = first // a window whose start and end are skipped by the clocks is empty
	}
	return period{}, false
}
