package cron

import (
	"errors"
	"reflect"
	"time"
)

// A Calendar is a cron expression of local times, apart from any time zone. Its times are what
// clocks show, as times in UTC.
type Calendar struct{ times *calendar }

// ParseCalendar parses an expression that has neither a time zone of its own nor @every.
func ParseCalendar(text string) (Calendar, error) {
	zone, rest, err := splitZone(text)
	if err != nil || zone != "" {
		return Calendar{}, errors.New("give the time zone as timezone, and not in the expression")
	}
	parsed, err := parse(rest)
	switch {
	case err != nil:
		return Calendar{}, err
	case parsed.interval != nil:
		return Calendar{}, errors.New("@every has no times of a calendar; write a cron expression, such as \"0 18 20 12 *\"")
	}
	return Calendar{parsed.calendar}, nil
}

// Next returns the first time after another, or the zero time if there is none before the end of
// 2100.
func (c Calendar) Next(after time.Time) time.Time { return c.times.next(after.UTC()) }

// firstYear is the first year of calendars.
const firstYear = 2000

// Last returns the last time at or before another, or the zero time if there is none from 2000 on.
func (c Calendar) Last(at time.Time) time.Time {
	at = at.UTC().Truncate(time.Second)
	latest := at.Sub(at.Truncate(24 * time.Hour)) // what counts of the day
	for day := at.Truncate(24 * time.Hour); day.Year() >= firstYear; latest = 24*time.Hour - time.Second {
		switch {
		case !c.times.year.has(day.Year()):
			day = time.Date(day.Year()-1, time.December, 31, 0, 0, 0, 0, time.UTC)
			continue
		case !c.times.month.has(int(day.Month())):
			day = time.Date(day.Year(), day.Month(), 0, 0, 0, 0, 0, time.UTC)
			continue
		}
		if c.times.day.has(day.Day()) && c.times.weekday.has(int(day.Weekday())) {
			if found, is := c.times.lastOfDay(latest); is {
				return day.Add(found)
			}
		}
		day = day.AddDate(0, 0, -1)
	}
	return time.Time{}
}

// lastOfDay returns the last time of a day that matches, as the time since midnight, up to the latest.
func (c *calendar) lastOfDay(latest time.Duration) (time.Duration, bool) {
	for hour := int(latest.Hours()); hour >= 0; hour-- {
		if !c.hour.has(hour) {
			continue
		}
		for minute := 59; minute >= 0; minute-- {
			at := time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute
			if !c.minute.has(minute) || at > latest {
				continue
			}
			for second := 59; second >= 0; second-- {
				if each := at + time.Duration(second)*time.Second; c.second.has(second) && each <= latest {
					return each, true
				}
			}
		}
	}
	return 0, false
}

// Equal reports whether two calendars have the same times.
func (c Calendar) Equal(other Calendar) bool { return reflect.DeepEqual(c, other) }
