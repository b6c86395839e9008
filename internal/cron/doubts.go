package cron

import (
	"fmt"
	"strings"
	"time"

	"github.com/latch-run/latch"
)

// Doubts returns what in a valid schedule is probably a mistake, with paths
// relative to it: expressions that other cron systems read differently, and
// times that clock changes in its zone skip or repeat, within the next four
// changes after now.
func Doubts(schedule *latch.Schedule, now time.Time) []latch.Problem {
	times, zone := timesOf(schedule)
	if times == nil {
		return nil
	}
	var doubts latch.Problems
	if times.interval != nil && zone != time.UTC {
		doubts.Addf("timezone", "%s has no effect on @every, which counts from 1970-01-01T00:00:00Z", zone)
	}
	if text := times.sixFields(); text != "" {
		doubts.Addf("cron", "%q: %s", schedule.Cron, text)
	}
	if text := times.bothDays(); text != "" {
		doubts.Addf("cron", "%q: %s", schedule.Cron, text)
	}
	if times.glued {
		doubts.Addf("cron", "%q: what follows # is a comment to Temporal, which knows no nth weekday of a month; the second Friday is \"0 0 8-14 * 5\"", schedule.Cron)
	}
	if times.next(now.In(zone)).IsZero() {
		doubts.Addf("cron", "%q has no next time: the job never runs by itself", schedule.Cron)
		return doubts
	}
	for _, text := range times.turnedClocks(now.In(zone)) {
		doubts.Addf("cron", "%q: %s", schedule.Cron, text)
	}
	return doubts
}

// sixFields warns about six fields without a year.
func (e *expression) sixFields() string {
	if len(e.fields) != 6 || e.calendar.year != nil {
		return ""
	}
	instead := strings.Join(append(e.fields[:6:6], "*"), " ")
	if e.fields[0] == "0" {
		instead = strings.Join(e.fields[1:], " ")
	}
	return fmt.Sprintf("of six fields the last is the year, not the first the second as elsewhere; if that was meant, write %q", instead)
}

// bothDays warns about a day of month combined with a day of week.
func (e *expression) bothDays() string {
	if e.calendar == nil || e.calendar.day == nil || e.calendar.weekday == nil {
		return ""
	}
	day, weekday := 2, 4
	if len(e.fields) == 7 {
		day, weekday = 3, 5
	}
	return fmt.Sprintf("runs on days that match day of month %s and day of week %s, where crontab takes days that match either; for those, register two jobs",
		e.fields[day], e.fields[weekday])
}
