package cron

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	// turns is the number of clock changes considered.
	turns = 4
	// mostReadings bounds the times compared for one clock change.
	mostReadings = 3000
)

// layout is the format of local times.
const layout = "2006-01-02 15:04:05"

// turnedClocks says which times the job misses, and which it has twice, because
// of clock changes in its zone: the first of each, with the number of others on
// the same day. It ignores expressions that run every hour.
func (e *expression) turnedClocks(now time.Time) []string {
	if e.calendar == nil || e.calendar.hour == nil {
		return nil
	}
	var missed, extra string
	for at, n := now, 0; n < turns; n++ {
		_, turn := at.ZoneBounds()
		if turn.IsZero() {
			break
		}
		shown, due := e.calendar.aroundTurn(turn)
		if missed == "" {
			missed = tellMissed(lacking(due, shown), turn)
		}
		if extra == "" {
			extra = tellExtra(lacking(shown, due), due, turn)
		}
		at = turn
	}
	return slices.DeleteFunc([]string{missed, extra}, func(text string) bool { return text == "" })
}

// aroundTurn returns the local times at which the job runs on the day of a
// clock change and the next, because some changes happen at midnight, and the
// times at which it would run without the change. Both are nil if the job runs
// more often than mostReadings.
func (c *calendar) aroundTurn(turn time.Time) (shown, due []string) {
	before := turn.Add(-time.Second)
	first := time.Date(before.Year(), before.Month(), before.Day(), 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 0, 2)
	for at := c.next(first.Add(-time.Second)); !at.IsZero() && at.Before(last); at = c.next(at) {
		if due = append(due, at.Format(layout)); len(due) > mostReadings {
			return nil, nil
		}
	}
	for at := c.next(before.AddDate(0, 0, -1)); !at.IsZero(); at = c.next(at) {
		reading := at.Format(layout)
		if reading >= last.Format(layout) {
			break
		}
		if reading >= first.Format(layout) {
			shown = append(shown, reading)
		}
	}
	return shown, due
}

// lacking returns the readings that others do not have, or have less often.
func lacking(readings, others []string) []string {
	counts := map[string]int{}
	for _, reading := range others {
		counts[reading]++
	}
	var missing []string
	for _, reading := range readings {
		if counts[reading]--; counts[reading] < 0 {
			missing = append(missing, reading)
		}
	}
	return missing
}

func tellMissed(readings []string, turn time.Time) string {
	if len(readings) == 0 {
		return ""
	}
	why := "the clocks of %s are turned that day"
	if at, err := time.ParseInLocation(layout, readings[0], turn.Location()); err == nil && at.Format(layout) != readings[0] {
		why = "the clocks of %s skip that time"
	}
	return fmt.Sprintf("does not run at %s: "+why, briefly(readings), turn.Location())
}

func tellExtra(readings, due []string, turn time.Time) string {
	switch {
	case len(readings) == 0:
		return ""
	case slices.Contains(due, readings[0]):
		return fmt.Sprintf("runs twice at %s: the clocks of %s show that time twice", briefly(readings), turn.Location())
	default:
		return fmt.Sprintf("runs at %s too: the clocks of %s are turned that day", briefly(readings), turn.Location())
	}
}

// briefly returns the first of the times, without zero seconds, and the number
// of others.
func briefly(readings []string) string {
	text := strings.TrimSuffix(readings[0], ":00")
	if others := len(readings) - 1; others > 0 {
		text += fmt.Sprintf(" (and %d more)", others)
	}
	return text
}
