package freeze

import (
	"fmt"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cron"
)

// A window is one of a freeze's windows.
type window struct {
	start, end cron.Calendar
	zone       *time.Location
}

// A period is a time from since until until, which does not belong to it. The zero until is never.
type period struct{ since, until time.Time }

// beginning is the first time of calendars, which begin in 2000.
var beginning = time.Date(1999, time.December, 31, 23, 59, 59, 0, time.UTC)

func parse(given *latch.FreezeWindow) (w window, err error) {
	if w.start, err = cron.ParseCalendar(given.Start); err != nil {
		return w, fmt.Errorf("start %q: %w", given.Start, err)
	}
	if w.end, err = cron.ParseCalendar(given.End); err != nil {
		return w, fmt.Errorf("end %q: %w", given.End, err)
	}
	w.zone, err = cron.LoadZone(given.Timezone)
	return w, err
}

// at returns the period of the window around a time, and whether there is one.
func (w *window) at(t time.Time) (period, bool) {
	start := w.start.Last(latestReading(t, w.zone))
	if start.IsZero() {
		return period{}, false
	}
	found := period{}
	if end := w.end.Next(start); !end.IsZero() {
		if found.until = lastShown(end, w.zone); !found.until.After(t) {
			return period{}, false
		}
	}
	// The window has been open since the first start after the end before.
	if before := w.end.Last(start); !before.IsZero() {
		start = w.start.Next(before.Add(-time.Second))
	} else {
		start = w.start.Next(beginning)
	}
	found.since = firstShown(start, w.zone)
	return found, true
}

// next returns the first time after another at which the window starts, or the zero time.
func (w *window) next(t time.Time) time.Time {
	start := w.start.Next(latestReading(t, w.zone))
	if start.IsZero() {
		return start
	}
	return firstShown(start, w.zone)
}

// latestReading returns the latest reading of the clocks up to a time: what they show, or in the
// second of two equal hours the end of that hour, which they have shown before.
func latestReading(t time.Time, zone *time.Location) time.Time {
	t = t.In(zone)
	reading := readingOf(t)
	if turn, _ := t.ZoneBounds(); !turn.IsZero() {
		if before := readingOf(turn.Add(-time.Second)); before.After(reading) {
			return before
		}
	}
	return reading
}

// readingOf returns what the clocks show at a time, as a time in UTC.
func readingOf(t time.Time) time.Time {
	_, offset := t.Zone()
	return t.Add(time.Duration(offset) * time.Second).UTC().Truncate(time.Second)
}

// firstShown returns when clocks show a reading for the first time, or when they are turned past
// it. lastShown returns when they show it for the last time.
func firstShown(reading time.Time, zone *time.Location) time.Time {
	return shown(reading, zone, func(a, b time.Time) bool { return a.Before(b) })
}

func lastShown(reading time.Time, zone *time.Location) time.Time {
	return shown(reading, zone, func(a, b time.Time) bool { return a.After(b) })
}

// shown returns the time at which clocks show a reading; of several, the one that is preferred.
func shown(reading time.Time, zone *time.Location, preferred func(a, b time.Time) bool) time.Time {
	var found, turned time.Time
	// A reading is within a day of the same one in UTC, and so are the turns that it may fall into.
	for at := reading.Add(-26 * time.Hour).In(zone); ; {
		_, offset := at.Zone()
		begins, ends := at.ZoneBounds()
		candidate := reading.Add(-time.Duration(offset) * time.Second).In(zone)
		within := (begins.IsZero() || !candidate.Before(begins)) && (ends.IsZero() || candidate.Before(ends))
		if within && (found.IsZero() || preferred(candidate, found)) {
			found = candidate
		}
		if !ends.IsZero() && !candidate.Before(ends) { // the clocks are turned past it, or show it later
			turned = ends
		}
		if ends.IsZero() || ends.After(reading.Add(26*time.Hour)) {
			break
		}
		at = ends.In(zone)
	}
	if found.IsZero() {
		return turned.UTC()
	}
	return found.UTC()
}
