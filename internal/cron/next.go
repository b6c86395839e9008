package cron

import (
	"time"

	"github.com/latch-run/latch"
)

// lastYear is the last year in which Temporal looks for a time.
const lastYear = 2100

// Next returns the next n times of the schedule after a time, in the schedule's
// time zone. It returns fewer if there are no more before the end of 2100, and
// none if the schedule has no cron expression or is not valid.
func Next(schedule *latch.Schedule, after time.Time, n int) []time.Time {
	times, zone := timesOf(schedule)
	if times == nil {
		return nil
	}
	var next []time.Time
	for len(next) < n {
		after = times.next(after.In(zone))
		if after.IsZero() {
			break
		}
		next = append(next, after)
	}
	return next
}

// next returns the first time after a time, in the time zone of that, or the
// zero time if the schedule never fires again.
func (e *expression) next(after time.Time) time.Time {
	if e.interval != nil {
		return e.interval.next(after)
	}
	return e.calendar.next(after)
}

func (i *interval) next(after time.Time) time.Time {
	every, phase := int64(i.every/time.Second), int64(i.phase/time.Second)
	next := time.Unix(((after.Unix()-phase)/every+1)*every+phase, 0)
	if next.UTC().Year() > lastYear {
		return time.Time{}
	}
	return next.In(after.Location())
}

// A calendar holds the numbers that each part of a local time must match. All
// must match, including both the day of month and the day of week.
type calendar struct {
	second, minute, hour, day, month, weekday, year numbers
}

// A reading is what the clocks in a time zone show. When they are turned back,
// the repeated hour has an offset.
type reading struct {
	zone                      *time.Location
	year                      int
	month                     time.Month
	day, hour, minute, second int
	offset                    time.Duration
}

// moment returns the time at which the clocks show the reading. If they skip
// it, the hour differs.
func (r *reading) moment() time.Time {
	return time.Date(r.year, r.month, r.day, r.hour, r.minute, r.second, 0, r.zone)
}

// next finds the first reading that matches, part by part.
func (c *calendar) next(after time.Time) time.Time {
	r := readingAfter(after)
	for ; r.year <= lastYear; r.toNextDay() {
		if !c.matchesDay(r) {
			continue
		}
		for r.hour < 24 {
			if !c.hour.has(r.hour) {
				r.toNextHour()
				continue
			}
			if found := c.inHour(r); !found.IsZero() {
				return found
			}
			r.toNextHour()
			if !c.matchesDay(r) { // the hour was skipped at midnight, so it was shown on the day before
				break
			}
		}
	}
	return time.Time{}
}

// readingAfter returns the reading one second after a time. Its second may be
// 60, which nothing matches.
func readingAfter(at time.Time) *reading {
	r := &reading{zone: at.Location()}
	r.year, r.month, r.day = at.Date()
	r.hour, r.minute, r.second = at.Clock()
	r.second++
	if at.Add(-time.Hour).Hour() == r.hour {
		r.offset = time.Hour
	}
	return r
}

// toNextDay advances to the first second of the next day.
func (r *reading) toNextDay() {
	r.year, r.month, r.day = time.Date(r.year, r.month, r.day+1, 0, 0, 0, 0, time.UTC).Date()
	r.hour, r.minute, r.second, r.offset = 0, 0, 0, 0
}

func (r *reading) toNextHour() {
	r.hour, r.minute, r.second, r.offset = r.hour+1, 0, 0, 0
}

func (c *calendar) matchesDay(r *reading) bool {
	if !c.year.has(r.year) || !c.month.has(int(r.month)) || !c.day.has(r.day) {
		return false
	}
	shown := *r
	shown.second = min(r.second, 59)
	return c.weekday.has(int(shown.moment().Weekday()))
}

// inHour searches the rest of an hour, and the same hour again if it is
// repeated. A skipped hour has no times.
func (c *calendar) inHour(r *reading) time.Time {
	for {
		for ; r.minute < 60; r.minute, r.second = r.minute+1, 0 {
			if !c.minute.has(r.minute) {
				continue
			}
			for ; r.second < 60; r.second++ {
				if !c.second.has(r.second) {
					continue
				}
				at := r.moment()
				if at.Hour() != r.hour {
					return time.Time{}
				}
				return at.Add(r.offset)
			}
		}
		if r.offset > 0 || !r.comesTwice() {
			return time.Time{}
		}
		r.minute, r.second, r.offset = 0, 0, time.Hour
	}
}

// comesTwice reports whether the reading's hour is repeated.
func (r *reading) comesTwice() bool {
	begins := time.Date(r.year, r.month, r.day, r.hour, 0, 0, 0, r.zone)
	ends := time.Date(r.year, r.month, r.day, r.hour+1, 0, 0, 0, r.zone)
	return ends.Sub(begins) > time.Hour
}
