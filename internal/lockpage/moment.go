package lockpage

import (
	"fmt"
	"time"

	"github.com/latch-run/latch"
)

// moment returns a time as the page shows it, with how far it is from now, such
// as "2026-03-01 09:30:00 UTC, 6 minutes ago"; "" for no time.
func moment(t latch.Time, now time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateTime) + " UTC, " + distance(t.Sub(now))
}

// distance returns a span of time in its largest whole unit, rounded down, as
// "6 minutes ago" or "in 23 hours".
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
