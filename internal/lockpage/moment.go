package lockpage

import (
	"fmt"
	"time"

	"github.com/latch-run/latch"
)

// moment formats a time for the page, with its distance from now, such as
// "2026-03-01 09:30:00 UTC, 6 minutes ago". It returns "" for the zero time.
func moment(t latch.Time, now time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateTime) + " UTC, " + distance(t.Sub(now))
}

// distance formats a duration in its largest whole unit, rounded down, as "6
// minutes ago" or "in 23 hours".
func distance(span time.Duration) string {
	format := "in %s"
	if span < 0 {
		format, span = "%s ago", -span
	}
	for _, unit := range []struct {
		name string
		size time.Duration
	}{{"day", 24 * time.Hour}, {"hour", time.Hour}, {"minute", time.Minute}} {
		switch n := span / unit.size; {
		case n == 1:
			return fmt.Sprintf(format, "1 "+unit.name)
		case n > 1:
			return fmt.Sprintf(format, fmt.Sprintf("%d %ss", n, unit.name))
		}
	}
	return fmt.Sprintf(format, "less than a minute")
}
